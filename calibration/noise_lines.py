"""Lines of log noise against log gain over the ISOs, and where a second gain takes over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import CalibrationError

LEAST_DROP = 0.25  # natural log of read noise in DN; ISO steps of a third only ever raise it
LEAST_POINTS = 2  # of a branch

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseLine:
    """ln sigma = slope ln K + intercept, sigma and K in DN and DN/e-; scatter: deviation about it.

    scatter is None for two points, which any line meets.
    """

    slope: float
    intercept: float
    scatter: float | None


def noise_line(gains_dn_per_e: Sequence[float], sigmas_dn: Sequence[float]) -> NoiseLine:
    """Fit one branch by least squares.

    Raises CalibrationError for fewer than two gains, or a noise that is not positive.

    Source: ELD (Wei et al. 2021), section IV-C, eq. 12: log sigma is linear in log K.

    >>> line = noise_line([1.0, 2.0, 4.0], [3.0, 6.0, 12.0])
    >>> round(line.slope, 6), round(line.intercept, 6)
    (1.0, 1.098612)
    """
    if len(gains_dn_per_e) < LEAST_POINTS:
        raise CalibrationError("a line of noise against gain needs two ISOs or more")
    if min(*gains_dn_per_e, *sigmas_dn) <= 0:
        raise CalibrationError("gain and noise must be positive for their logarithms")
    x, y = np.log(gains_dn_per_e), np.log(sigmas_dn)
    slope, intercept = np.polyfit(x, y, 1)
    left = y - (slope * x + intercept)
    free = len(x) - 2
    scatter = math.sqrt(float((left**2).sum()) / free) if free else None
    return NoiseLine(slope=float(slope), intercept=float(intercept), scatter=scatter)


def gain_switch(gains_dn_per_e: Sequence[float], sigmas_dn: Sequence[float]) -> int | None:
    """Return the index of the first ISO of the higher conversion gain, or None.

    gains_dn_per_e: rising. Where a second conversion gain takes over, read noise in DN falls
    although the gain rises, which one chain of amplifiers never does. Of several falls the
    deepest counts.

    Source: PMN (Feng et al. 2022), its A7S2 table: ISO 1600 to 2000, 6.30 to 2.65 DN.

    >>> gain_switch([1.0, 2.0, 2.5, 5.0], [4.0, 6.3, 2.65, 4.9])
    2
    >>> gain_switch([1.0, 2.0, 4.0], [4.0, 6.3, 11.0])
    """
    steps = np.diff(np.log(sigmas_dn))
    if not len(steps) or steps.min() > -LEAST_DROP:
        return None
    return int(np.argmin(steps)) + 1
