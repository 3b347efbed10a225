"""Histograms of a fixed pattern for a logarithmic axis, where single photosites still show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

BINS = 256
REACH = 12.0  # robust deviations to either side
NORMAL_QUARTILE = 0.6744898  # median of the absolute value of a normal variable

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatternHistogram:
    """Counts of departures from the mean, in the pattern's unit.

    edges: (bins + 1,), evenly apart. counts: photosites of each bin. normal: what a normal law of
        the same robust deviation has there. below, above: photosites beyond the edges.
    departures, percent_beyond: share of the photosites at least so far away, either side.
    """

    edges: Values
    counts: Values
    normal: Values
    below: int
    above: int
    departures: Values
    percent_beyond: Values
    deviation: float
    robust_deviation: float


def pattern_histogram(pattern: Values, *, step: float = 0.0) -> PatternHistogram:
    """Count a pattern, (h, w), its median taken as the middle.

    step: between two values that a mean of whole numbers can take, 0 where they lie anywhere.
        Bins are whole steps wide, or some would be empty.

    Source: EMVA 1288 release 4.0 linear, section 8 (logarithmic and accumulated histograms).
    """
    values = pattern.ravel() - np.median(pattern)
    away = np.sort(np.abs(values))
    robust = robust_deviation(values)
    reach = REACH * robust if robust > 0 else max(float(away[-1]), 1e-9)
    low, high = max(-reach, float(values.min())), min(reach, float(values.max()))
    if high <= low:
        low, high = -reach, reach
    width = (high - low) / BINS
    if step > 0:
        width = step * max(round(width / step), 1)
    # Edges between two values, so that rounding moves none across.
    edges = low - step / 2 + width * np.arange(np.ceil((high - low + step) / width) + 1)
    counts = np.histogram(values, edges)[0].astype(np.float64)
    normal = len(values) * np.diff(ndtr(edges / robust)) if robust > 0 else np.zeros(len(counts))
    least, most = max(robust / 10, float(away[-1]) * 1e-4, 1e-12), max(float(away[-1]), 1e-9)
    steps = np.geomspace(min(least, most / 2), most, BINS)
    steps[-1] = most
    beyond = len(away) - np.searchsorted(away, steps, side="left")
    return PatternHistogram(
        edges=edges,
        counts=counts,
        normal=normal,
        below=int((values < edges[0]).sum()),
        above=int((values > edges[-1]).sum()),
        departures=steps,
        percent_beyond=100 * beyond / len(away),
        deviation=float(values.std()),
        robust_deviation=robust,
    )


def robust_deviation(values: Values) -> float:
    """The deviation that the middle half has, as for a normal law; outliers do not move it."""
    return float(np.median(np.abs(values - np.median(values)))) / NORMAL_QUARTILE
