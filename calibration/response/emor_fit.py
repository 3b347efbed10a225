"""Coefficients of the empirical model of response, under the constraint that the curve rises."""

import numpy as np

from calibration.response.bracket_codes import CODES, LAST, BracketCodes, CurveFit
from calibration.response.debevec1997 import fit_debevec
from calibration.response.least_squares import rising_step
from calibration.response.rising import rising
from isp.core.emor import Emor
from isp.core.errors import CalibrationError, UsageError

TERMS = 15
LEAST_STEP = 1e-6  # between codes
DARK = 0.1  # exposure below which errors count absolutely, above which relatively


def fit_emor(
    bracket: BracketCodes, model: Emor, *, refine: bool = True, terms: int = TERMS
) -> CurveFit:
    """Fit the first coefficients of the inverse model; with `refine`, exposures by Debevec-Malik.

    Minimises sum n(z) w(z)^2 [g0(z) + sum c_k hinv_k(z) - d(z)]^2 over rising curves: a
    quadratic programme. d: the curve of Debevec and Malik; n: how often a code occurs, plus 1;
    w = 1 / (d + 0.1). The model is held against that curve and not against the
    pixels: in exposures, noise makes flat curves cheap, and all but the top would sink to 0; in
    logarithms, the model's steep dark end, which many cameras do not share, would rule.

    Raises UsageError for the model of codes, or terms that it has not; CalibrationError where
    the codes do not determine the coefficients.

    Source: Grossberg and Nayar, "Modeling the space of camera response functions", IEEE TPAMI
    26(10), 2004 (the model, its fit, and monotonicity as linear inequalities).
    """
    if not model.inverse:
        raise UsageError("the fit takes the inverse model (invemor.txt), exposures of codes")
    if not 1 <= terms <= len(model.basis):
        raise UsageError(f"terms are 1..{len(model.basis)}, but {terms} came")
    codes = np.arange(CODES) / LAST
    grid = model.grid.double().numpy()
    mean = np.interp(codes, grid, model.mean.double().numpy())
    rows = model.basis[:terms].double().numpy()
    shape = np.stack([np.interp(codes, grid, row) for row in rows], axis=1)
    first = fit_debevec(bracket, refine=refine)
    often = np.bincount(bracket.codes[bracket.measured], minlength=CODES)
    weights = np.sqrt(often + 1.0) / (first.exposure_of_code + DARK)
    columns = weights[:, None] * shape
    step = rising_step(
        columns.T @ columns, columns.T @ (weights * (mean - first.exposure_of_code)),
        np.diff(shape, axis=0), LEAST_STEP - np.diff(mean),
    )  # fmt: skip
    if step is None:
        raise CalibrationError(f"no rising curve has {terms} terms of this model")
    return CurveFit(rising(mean + shape @ step), first.log_exposures, order=terms)
