"""The least-squares objective in exposure of Robertson's method."""

import numpy as np

from calibration.response.bracket_codes import CODES, BracketCodes, Values


def exposure_objective(
    bracket: BracketCodes, of_code: Values, exposures: Values
) -> tuple[Values, Values]:
    """Diagonal D and symmetric K of sum w(z) (I(z) - t x)^2 = I (D - K) I, minimised over each x.

    I is the exposure of each of the 256 codes. of_code: w, (256,); it enters once, not squared.
    exposures: t of the pictures.

    Source: Robertson, Borman and Stevenson, J. Electronic Imaging 12(2), 2003, the objective of
    section 3; x is sum w t I / sum w t^2, put in.
    """
    weights = bracket.weights(of_code)
    used = weights.any(axis=1)
    weights, codes = weights[used], bracket.codes[used]
    light = (weights * exposures**2).sum(axis=1)
    rows = weights * exposures / np.sqrt(light)[:, None]
    flat = (codes[:, :, None] * CODES + codes[:, None, :]).ravel()
    outer = (rows[:, :, None] * rows[:, None, :]).ravel()
    mixing = np.bincount(flat, outer, CODES**2).astype(np.float64).reshape(CODES, CODES)
    often = np.bincount(codes.ravel(), weights.ravel(), CODES).astype(np.float64)
    return often, mixing
