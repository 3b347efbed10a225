"""Darks that the converter cuts at code 0, told from the few zeros that chance leaves."""

from calibration.fault import Fault
from calibration.moments import Moments

FLOORED_SHARE = 1e-4  # of dark values; 5 sigma above 0 leaves 3e-7
FLOORED_BY_CHANCE = 1e-4  # how often darks of that very share may be refused, each


def cut_darks(iso: float, dark: Moments, where: str = "the darks") -> list[Fault]:
    """The fault of darks whose values are code 0 more often than is allowed."""
    if least_floored(dark) <= FLOORED_SHARE:
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: {dark.floored.max():.2%} of the values of {where} are code 0, so "
            "the noise is cut",
            remedy="raise the black level (offset) until the darks stay five deviations above "
            "0, subtract no black, and shoot all again",
            fatal=True,
        )
    ]


def least_floored(dark: Moments) -> float:
    """Share of code 0 that the darks have at the very least, of the site that has most.

    In a pair of small frames one such value is a larger share than is allowed, and says nothing:
    the bound is that of a Poisson count (F. Garwood, "Fiducial limits for the Poisson
    distribution", Biometrika 28, 1936).
    """
    from scipy.special import gammaincinv

    rows, columns = dark.period
    height = dark.row_sums.shape[1]
    least = 0.0
    for row in range(rows):
        for column in range(columns):
            values = dark.frames * len(range(row, height, rows))
            values *= len(range(column, dark.width, columns))
            count = round(float(dark.floored[row, column]) * values)
            if count:
                least = max(least, float(gammaincinv(count, FLOORED_BY_CHANCE)) / values)
    return least
