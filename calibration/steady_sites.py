"""Photosites whose dark level is like the others', so that their noise is the reading's alone."""

import numpy as np
from numpy.typing import NDArray

from calibration.pattern_histogram import robust_deviation

REACH = 4.0  # robust deviations; a normal pattern has 6e-5 of its photosites beyond


def steady_sites(mean_dn: NDArray[np.float64], period: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which photosites of a mean dark image do not stand out, (h, w).

    mean_dn: DN, (h, w). period: of the colour filters, whose sites are judged each by itself.
    A hot photosite has the shot noise of its own dark current on top of the reading's. It is told
    by its mean level and not by its variance: for a law that is even about 0 the mean says
    nothing of the deviations, while leaving out large variances would cut the law's own tails.
    Telegraph noise, which raises the mean by less than the reach, stays in.
    """
    steady = np.empty(mean_dn.shape, dtype=np.bool_)
    for row in range(period[0]):
        for column in range(period[1]):
            site = slice(row, None, period[0]), slice(column, None, period[1])
            away = np.abs(mean_dn[site] - np.median(mean_dn[site]))
            steady[site] = away <= REACH * robust_deviation(mean_dn[site])
    return steady
