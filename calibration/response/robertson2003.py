"""Robertson, Borman and Stevenson 2003: exposure of each code, one by one."""

import numpy as np

from calibration.response.bracket_codes import (
    CODES,
    LAST,
    BracketCodes,
    CurveFit,
    Values,
    in_gauge,
)
from calibration.response.exposure_objective import exposure_objective
from calibration.response.rising import rising
from isp.core.errors import CalibrationError

ROUNDS = 40
SETTLED = 1e-5  # of log exposures
TOP = 24  # codes that are extrapolated to the largest, which is never measured
MIDDLE = LAST / 2
CERTAINTY = np.exp(-4 * (np.arange(CODES) - MIDDLE) ** 2 / MIDDLE**2)


def fit_robertson(bracket: BracketCodes, *, refine: bool = True) -> CurveFit:
    """Fit the exposure of each code; with `refine`, exposures and curve in turns.

    Codes that do not occur lie between those that do, on a line; the largest is extrapolated by a
    parabola through the 24 below it.

    Raises CalibrationError where the codes do not determine a curve.
    """
    weights = bracket.weights(CERTAINTY)
    given = bracket.log_exposures
    log_exposures = given
    for _ in range(ROUNDS if refine and len(given) > 2 else 1):
        exposures = np.exp(log_exposures)
        response = solve_robertson(bracket, exposures)
        before = log_exposures
        if refine and len(given) > 2:
            log_exposures = in_gauge(_refined(bracket, weights, response, exposures), given)
        if np.abs(log_exposures - before).max() < SETTLED:
            break
    return CurveFit(rising(_completed(bracket, response)), log_exposures)


def solve_robertson(bracket: BracketCodes, exposures: Values) -> Values:
    """Exposure I of each code, 1 at the most certain measured code; NaN where it does not occur.

    The printed iteration x_j = sum w t I / sum w t^2, I_m = mean of t_i x_j over the codes m,
    normalised each time, is a power iteration: I becomes D^-1 K I. Its limit is taken at once, as
    the eigenvector of the largest eigenvalue.

    Raises CalibrationError where the codes do not determine a curve.

    Source: Robertson, Borman and Stevenson, "Estimation-theoretic approach to dynamic range
    enhancement using multiple exposures", J. Electronic Imaging 12(2), 2003, section 3; certainty
    w(y) = exp(-4 (y - 127.5)^2 / 127.5^2), clipped codes 0.
    """
    from scipy.linalg import eigh

    often, mixing = exposure_objective(bracket, CERTAINTY, exposures)
    known = np.flatnonzero(often > 0)
    if len(known) < 2:
        raise CalibrationError("these codes do not determine a response curve")
    scale = 1 / np.sqrt(often[known])
    balanced = mixing[np.ix_(known, known)] * scale[:, None] * scale
    _, vector = eigh(balanced, subset_by_index=[len(known) - 1, len(known) - 1])
    found = vector[:, 0] * scale
    response = np.full(CODES, np.nan)
    response[known] = found / found[np.argmin(np.abs(known - MIDDLE))]
    return response


def _refined(bracket: BracketCodes, weights: Values, response: Values, exposures: Values) -> Values:
    """Log exposures that fit best, the light of the pixels and the curve being known."""
    seen = np.where(weights > 0, np.nan_to_num(response)[bracket.codes], 0.0)
    total = (weights * exposures**2).sum(axis=1)
    light = (weights * exposures * seen).sum(axis=1) / np.where(total > 0, total, 1.0)
    fitted = (weights * seen * light[:, None]).sum(axis=0)
    power = (weights * light[:, None] ** 2).sum(axis=0)
    if not ((fitted > 0) & (power > 0)).all():
        raise CalibrationError("a picture of the bracket has no measured pixels")
    refined: Values = np.log(fitted / power)
    return refined


def _completed(bracket: BracketCodes, response: Values) -> Values:
    """The curve with codes that were not measured, 0 at code 0 and 1 at the largest."""
    known = np.flatnonzero(np.isfinite(response))
    often = np.bincount(bracket.codes[bracket.measured], minlength=CODES)
    top = known[-TOP:]
    parabola = np.polynomial.Polynomial.fit(
        top, response[top], min(2, len(top) - 1), w=np.sqrt(often[top])
    )
    white = max(float(parabola(LAST)), float(response[known].max()))
    codes = np.concatenate([[0], known, [LAST]])
    values = np.concatenate([[0.0], response[known], [white]]) / white
    return np.interp(np.arange(CODES), codes, values)
