"""Whether the exposure steps that pictures show are those that were stated."""

import numpy as np

from calibration.response.bracket_codes import Values
from isp.core.errors import CalibrationError

LEAST_EV = 0.2
MOST_OFF_EV = 0.5
ROUNDING = 1e-9


def refuse_misfit(
    refined: Values, stated: Values, names: list[str], *, exposure_error: float = 0.0
) -> None:
    """Refuse a bracket of which a refined step is far from the one that was stated.

    refined, stated: log exposures of the pictures, natural, in the order of `names`; stated ones
        rise. exposure_error: standard deviation of a stated exposure, relative; two steps differ
        by twice that, and three deviations of it are allowed beyond 0.5 EV.
    Refining keeps the mean step, so that a missing picture shrinks all other steps. What most of
    the range shows is therefore taken for the scale: the median of refined over stated steps,
    weighed by the stated ones, and the lower of two that weigh the same.

    Raises CalibrationError naming the two pictures that fit least.
    """
    found, said = (np.diff(logs) / np.log(2) for logs in (refined, stated))
    least = int(found.argmin())
    if found[least] < LEAST_EV:
        raise _error(names, least, f"{found[least]:.2f}", said[least])
    off = found / _scale(found / said, said) - said
    worst = int(np.abs(off).argmax())
    if abs(off[worst]) > MOST_OFF_EV + 6 * exposure_error / np.log(2):
        raise _error(names, worst, f"{said[worst] + off[worst]:.2f}", said[worst])


def _scale(rates: Values, weights: Values) -> float:
    order = np.argsort(rates)
    upto = np.cumsum(weights[order])
    middle = int(np.argmax(upto >= upto[-1] / 2 - ROUNDING))
    return float(rates[order][middle])


def _error(names: list[str], step: int, found: str, said: float) -> CalibrationError:
    return CalibrationError(
        f"{names[step]} and {names[step + 1]} are {found} EV apart by what they show, but "
        f"{said:.2f} EV by their exposures: the pictures and their times do not fit; check the "
        "times and the order of the files, and that no picture is missing or there twice"
    )
