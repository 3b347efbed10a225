"""Where a slanted edge runs: one centroid per line, and a polynomial through them."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from calibration.edge_spread import Reals, taper
from isp.core.errors import CalibrationError

Flags = NDArray[np.bool_]

PASSES = 4  # one over the whole line, the others centred on the fit before
LEAST_SIZE = 16  # lines, and pixels a line
LEAST_LINES = 12  # with the edge in them
SURE_PX = 0.1  # a jitter of 0.1 px costs 5 % of the response at Nyquist: exp(-2 (pi 0.5 0.1)^2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """An edge that crosses lines of pixels, each at one column.

    columns_at: column of the edge as a polynomial of the line, pixels; pixel centres are integers.
    lines: numbers of the lines in which the edge was found.
    residual_px: RMS distance of their centroids from the polynomial, along the line.
    polarity: 1 where columns beyond the edge are bright, -1 where they are dark.
    """

    columns_at: Polynomial
    lines: NDArray[np.int64]
    residual_px: float
    polarity: float

    def distance(self, line: Reals, column: Reals) -> Reals:
        """Signed distance from the edge along its normal, pixels."""
        slope = self.columns_at.deriv()(line)
        distance: Reals = (column - self.columns_at(line)) / np.hypot(1.0, slope)
        return distance

    @property
    def tilt_deg(self) -> float:
        """Mean angle from the perpendicular of the lines; positive: columns rise with lines."""
        first, last = float(self.lines[0]), float(self.lines[-1])
        rise = float(self.columns_at(last) - self.columns_at(first))
        return float(np.degrees(np.arctan2(rise, last - first)))


def crosses_lines(values: Reals, used: Flags) -> bool:
    """Whether rows cross the edge (it is nearer to vertical), rather than columns."""
    return abs(_step(values, used)) >= abs(_step(values.T, used.T))


def fit_edge(values: Reals, used: Flags, *, order: int, half_width: float) -> Edge:
    """Find an edge that crosses the rows of an array.

    values: (h, w), linear in light. used: (h, w), the samples to look at, on any grid.
    order: of the polynomial; half_width: reach of the window around the edge, pixels.

    Each line's centroid is the mean position of the differences between neighbouring samples,
    weighted by a window; the window is first centred on the line, then on the fit before.

    Raises CalibrationError where no edge crosses enough lines, or its place stays unsure.

    Source: ISO 12233:2014, 6.2; polynomial in place of the line: Burns and Williams, Camera
    resolution and distortion: advanced edge fitting, Electronic Imaging 2018.
    """
    height, width = values.shape
    if min(height, width) < LEAST_SIZE:
        raise CalibrationError(
            f"a slanted edge needs {LEAST_SIZE} x {LEAST_SIZE} pixels or more, "
            f"but the region is {width} x {height}"
        )
    sign = np.sign(_step(values, used))
    row, column = np.nonzero(used)
    same = row[1:] == row[:-1]
    line = row[1:][same]
    rise = sign * np.diff(values[used])[same]
    place = (0.5 * (column[1:] + column[:-1]))[same]

    centre, half = np.full(height, 0.5 * (width - 1)), 0.5 * width
    for _ in range(PASSES):
        weight = rise * taper(place - centre[line], half, "hann")
        total: Reals = np.bincount(line, weight, height).astype(np.float64)
        moment: Reals = np.bincount(line, weight * place, height).astype(np.float64)
        lines, columns = _crossings(total, moment)
        if len(lines) < max(LEAST_LINES, order + 2):
            raise CalibrationError(
                f"no edge crosses the region: only {len(lines)} of {height} lines hold one step; "
                "cut the region so that one straight edge lies between two even areas"
            )
        columns_at = Polynomial.fit(lines, columns, order)
        centre = columns_at(np.arange(height, dtype=np.float64))
        half = min(half_width, 0.5 * width + abs(float(np.mean(centre)) - 0.5 * (width - 1)))
    residual = float(np.sqrt(np.mean((columns - columns_at(lines)) ** 2)))
    unsure = residual * ((order + 1) / len(lines)) ** 0.5
    if unsure > SURE_PX:
        raise CalibrationError(
            f"the edge's place is unsure by {unsure:.2f} px, more than {SURE_PX} px "
            f"(lines scatter by {residual:.2f} px): too little contrast, too much noise, or no edge"
        )
    return Edge(columns_at=columns_at, lines=lines, residual_px=residual, polarity=float(sign))


def _crossings(total: Reals, moment: Reals) -> tuple[NDArray[np.int64], Reals]:
    """Lines whose step is at least half of the usual one, and its centroid."""
    typical = float(np.median(total[total > 0])) if (total > 0).any() else np.inf
    found = np.flatnonzero(total >= max(0.5 * typical, np.finfo(np.float64).tiny))
    return found, moment[found] / total[found]


def _step(values: Reals, used: Flags) -> float:
    """Mean of the right third minus mean of the left third."""
    third = values.shape[1] // 3
    left, right = (slice(None), slice(0, third)), (slice(None), slice(-third, None))
    if not used[left].any() or not used[right].any():
        return 0.0
    return float(values[right][used[right]].mean() - values[left][used[left]].mean())
