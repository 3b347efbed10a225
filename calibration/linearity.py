"""Linearity error: how far the response leaves the straight line of small relative errors."""

import numpy as np
from numpy.typing import NDArray

from calibration.uncertainty import Replicates

SHARES = (0.05, 0.95)  # of saturation


def linearity_errors(
    exposure: NDArray[np.float64], signal: Replicates, saturated: int
) -> Replicates:
    """Return the relative departures of the levels from 5 to 95 % of saturation, percent.

    exposure: (levels,), any unit. signal: DN above the dark, (levels, replicates). saturated:
        the level of saturation.
    Returns (levels used, replicates), none for fewer than three. The line a0 + a1 exposure has
    weights 1 / signal^2, which make relative errors count alike.

    Source: EMVA 1288 release 4.0 linear, section 6.8 (as in release 3.1).

    >>> import numpy as np
    >>> light = np.linspace(0, 10, 11)
    >>> float(np.abs(linearity_errors(light, 3 * light[:, None], 10)).max()) < 1e-12
    True
    """
    low, high = (share * signal[saturated, 0] for share in SHARES)
    used = (signal[:, 0] >= low) & (signal[:, 0] <= high)
    x, y = exposure[used, None], signal[used]
    if len(y) < 3:
        return np.zeros((0, signal.shape[1]))
    weights = 1 / y**2
    total, sx, sy = weights.sum(0), (weights * x).sum(0), (weights * y).sum(0)
    sxx, sxy = (weights * x**2).sum(0), (weights * x * y).sum(0)
    slope = (total * sxy - sx * sy) / (total * sxx - sx**2)
    line = (sy - slope * sx) / total + slope * x
    errors: Replicates = 100 * (y - line) / line
    return errors
