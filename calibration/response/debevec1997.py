"""Debevec and Malik 1997: a smooth log response, by linear least squares."""

import numpy as np

from calibration.response.bracket_codes import (
    CODES,
    HAT,
    LAST,
    BracketCodes,
    CurveFit,
    Values,
    free_directions,
)
from calibration.response.log_objective import log_objective
from calibration.response.rising import rising
from isp.core.errors import CalibrationError, UsageError

SMOOTHNESS = 300.0
MIDDLE = CODES // 2


def fit_debevec(
    bracket: BracketCodes, *, refine: bool = True, smoothness: float = SMOOTHNESS
) -> CurveFit:
    """Fit a curve, and with `refine` the exposures in the same step.

    The objective is linear in log exposures too, so that what Mitsunaga and Nayar iterate is one
    solution here.

    Raises CalibrationError where the codes do not determine a curve, UsageError.
    """
    log_response, log_exposures = solve_debevec(bracket, refine=refine, smoothness=smoothness)
    return CurveFit(rising(np.exp(log_response - log_response[LAST])), log_exposures)


def solve_debevec(
    bracket: BracketCodes,
    *,
    refine: bool = True,
    smoothness: float = SMOOTHNESS,
    weights: Values = HAT,
) -> tuple[Values, Values]:
    """Log exposure g of each code, 0 at code 128, and the pictures' log exposures.

    Minimises sum {w(Z_ij) [g(Z_ij) - ln E_i - ln t_j]}^2 + smoothness sum_1^254 [w(z) g''(z)]^2,
    g''(z) = g(z-1) - 2 g(z) + g(z+1), w(z) = min(z, 255 - z). The paper's program multiplies the
    rows by its number, so that its l is the root of this smoothness.

    Raises CalibrationError where the codes do not determine a curve, UsageError.

    Source: Debevec and Malik, SIGGRAPH 1997, equations 3 and 4, appendix A.
    """
    if not 0 < smoothness < np.inf:
        raise UsageError(f"smoothness is a positive number, not {smoothness}")
    pictures = len(bracket.log_exposures)
    form = log_objective(bracket, weights)
    bend = np.zeros((CODES - 2, CODES))
    inner = np.arange(CODES - 2)
    for offset, factor in enumerate((1.0, -2.0, 1.0)):
        bend[inner, inner + offset] = factor * weights[1:LAST]
    form[:CODES, :CODES] += smoothness * bend.T @ bend
    # Unknown are g but for its middle, and the directions that leave the exposures' gauge.
    free = free_directions(pictures) if refine else np.zeros((pictures, 0))
    basis = np.zeros((CODES + pictures, LAST + free.shape[1]))
    rest = np.delete(np.arange(CODES), MIDDLE)
    basis[rest, np.arange(LAST)] = 1
    basis[CODES:, LAST:] = free
    fixed = np.concatenate([np.zeros(CODES), bracket.log_exposures])
    try:
        unknown = np.linalg.solve(basis.T @ form @ basis, -basis.T @ form @ fixed)
    except np.linalg.LinAlgError as error:
        raise CalibrationError("these codes do not determine a response curve") from error
    found = fixed + basis @ unknown
    return found[:CODES], found[CODES:]
