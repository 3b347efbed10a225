"""Frames whose photosites share their noise with their neighbours: smoothed by a program."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.fault import Fault
from calibration.moving_light import waves
from calibration.photon_transfer import Level

SIGMAS = 5.0
SHARED = 1.2  # of the finest waves' power; charge that leaks by 4 % into each neighbour makes it so
LEAST_LINES = 16
NO_POWER = 1e-9  # DN^2: frames that are alike, all white


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarseness:
    """Power of middling waves over that of the finest, 1 for white noise, and standard error."""

    value: float
    error: float


def smoothed_frames(iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Judge whether the flats' noise is that of photosites, each by itself.

    A program that smooths takes variance away, and the gain falls with it: to a quarter under a
    blur of 0.6 pixels. Noise that whole rows share, or bands, coarsen the rows alone.
    """
    found = [coarseness(levels, axis) for axis in ("rows", "columns")]
    if not all(each.value > max(SHARED, 1 + SIGMAS * each.error) for each in found):
        return []
    least = min(each.value for each in found)
    return [
        Fault(
            what=f"ISO {iso:g}: neighbouring photosites share the flats' noise (waves of 4 to 8 "
            f"lines have {least:.1f} times the power of finer ones, along rows and columns), so "
            "the frames were changed by a program (noise reduction, resize, demosaic), and the "
            "gain would come out low",
            remedy="shoot raw with noise reduction off, and put in the frames as the camera wrote "
            "them",
            serious=True,
        )
    ]


def coarseness(levels: Sequence[Level], axis: str) -> Coarseness:
    """Of the differences of the flats' lines (rows or columns), all levels together.

    Every level counts alike. Slower waves are left out, for light that moves has them. 1 within
    any error where there are too few lines.
    """
    middling, finest, values = 0.0, 0.0, np.zeros(2)
    for level in levels:
        sums = level.bright.row_sums if axis == "rows" else level.bright.column_sums
        power = _power(sums.sum(2))
        slow, half = len(power) // 4, len(power) // 2
        if len(power) < LEAST_LINES or power[slow:].mean() < NO_POWER:
            continue
        share = power / power[slow:].mean()
        free = level.bright.frames - 1
        middling += float(share[slow:half].sum()) * free
        finest += float(share[half:].sum()) * free
        values += np.array([half - slow, len(power) - half]) * free
    if not values.all():
        return Coarseness(value=1.0, error=np.inf)
    # A mean of n squares of a normal law is known within sqrt(2 / n) of itself.
    error = float((2 / values).sum() ** 0.5)
    return Coarseness(value=float(middling / values[0] / (finest / values[1])), error=error)


def _power(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each wave along the lines, (lines - 1,), what all frames share taken off."""
    power: NDArray[np.float64] = (waves(lines - lines.mean(0)) ** 2).sum(0)
    return power
