"""The least-squares objective in log exposure that Debevec-Malik and the EMoR fit share."""

import numpy as np

from calibration.response.bracket_codes import CODES, BracketCodes, Values


def log_objective(bracket: BracketCodes, of_code: Values) -> Values:
    """Symmetric Q of sum w(z)^2 (g(z) - ln E - a)^2 = v Q v, minimised over each pixel's ln E.

    v is g of the 256 codes, then the pictures' log exposures a. of_code: w, (256,).

    Source: Debevec and Malik, "Recovering high dynamic range radiance maps from photographs",
    SIGGRAPH 1997, equation 3, its first sum; ln E is its weighted mean, put in.
    """
    pictures = bracket.codes.shape[1]
    size = CODES + pictures
    weights = bracket.weights(of_code) ** 2
    total = weights.sum(axis=1)
    used = total > 0
    weights, codes, total = weights[used], bracket.codes[used], total[used]
    columns = np.broadcast_to(np.arange(pictures) + CODES, codes.shape)
    places = np.concatenate([codes, columns], axis=1)
    signed = np.concatenate([weights, -weights], axis=1)
    # One row a pixel has 2 n entries: their products go to Q without the row being made.
    flat = (places[:, :, None] * size + places[:, None, :]).ravel()
    outer = (signed[:, :, None] * signed[:, None, :] / total[:, None, None]).ravel()
    form: Values = -np.bincount(flat, outer, size * size).astype(np.float64).reshape(size, size)
    diagonal = np.bincount(places.ravel(), np.abs(signed).ravel(), size)
    form[np.arange(size), np.arange(size)] += diagonal
    mixed = np.bincount(
        (codes * size + columns).ravel(), weights.ravel(), size * size
    ).reshape(size, size)  # fmt: skip
    result: Values = form - mixed - mixed.T
    return result
