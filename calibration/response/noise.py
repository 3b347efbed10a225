"""Shot and read noise of a bracket, from how its pictures differ about a response curve."""

import numpy as np

from calibration.response.bracket_codes import CODES, HAT, BracketCodes, Values
from isp.core.errors import CalibrationError

DARKEST, BRIGHTEST = 12, 250  # codes that the noise is read from
ALONE = 0.95  # share of a pixel's weight, from which a picture is its own measure
ROUNDS = 5
LEAST_PIXELS = 50
TINY = 1e-12


def pixel_lights(bracket: BracketCodes, log_curve: Values, log_exposures: Values) -> Values:
    """Log light of each pixel, the hat-weighted mean of what its pictures say; NaN of none."""
    weights = bracket.weights(HAT) ** 2
    total = weights.sum(axis=1)
    known = (weights * (log_curve[bracket.codes] - log_exposures)).sum(axis=1)
    lights: Values = np.where(total > 0, known / np.where(total > 0, total, 1.0), np.nan)
    return lights


def noise_of(bracket: BracketCodes, curve: Values, log_exposures: Values) -> tuple[float, float]:
    """Variance of exposure x is b + a x: returns b (read) and a (shot), of white = 1.

    curve: exposure of each code. Expected squares of the residuals of log exposure are linear in
    b and a: each residual holds its picture's own noise and, through the mean that was taken off,
    the others'. Rounding to codes is known, 1/12 of a step squared, and taken off.

    Raises CalibrationError where too few pixels were measured twice.
    """
    from scipy.optimize import nnls

    log_curve = np.log(np.maximum(curve, TINY))
    lights = pixel_lights(bracket, log_curve, log_exposures)
    known = np.isfinite(lights)
    codes = bracket.codes[known]
    weights = bracket.weights(HAT)[known] ** 2
    share = weights / weights.sum(axis=1, keepdims=True)
    expected = np.exp(lights[known, None] + log_exposures)
    residual = log_curve[codes] - lights[known, None] - log_exposures
    used = (weights > 0) & (codes >= DARKEST) & (codes <= BRIGHTEST) & (share < ALONE)
    if used.sum() < LEAST_PIXELS:
        raise CalibrationError(
            f"only {int(used.sum())} codes are measured in two pictures well enough to tell the "
            "noise; reshoot with smaller steps"
        )
    step = np.gradient(log_curve) ** 2 / 12
    rounding = np.interp(np.interp(expected, curve, np.arange(CODES)), np.arange(CODES), step)

    def through_mean(variance: Values) -> Values:
        own = np.where(weights > 0, variance, 0.0)
        spread = (1 - 2 * share) * own + (share**2 * own).sum(axis=1, keepdims=True)
        return np.asarray(spread[used])

    columns = np.stack([through_mean(1 / expected**2), through_mean(1 / expected)], axis=1)
    unit = columns.mean(axis=0)
    rounded = through_mean(rounding)
    excess = residual[used] ** 2 - rounded
    variance = rounded + 1e-5
    for _ in range(ROUNDS):
        rows = columns / unit / variance[:, None]
        found = nnls(rows.T @ rows, rows.T @ (excess / variance))[0] / unit
        variance = np.maximum(rounded + columns @ found, 1e-9)
    return float(found[0]), float(found[1])
