"""Dark shading: the smooth part of what dark frames show without light."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from calibration.uncertainty import Figure, in_electrons, jackknife
from isp.core.errors import CalibrationError

DEGREE = 3
BLOCKS = 24  # a side
GROUPS = 16

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DarkShading:
    """A polynomial through the dark image, its mean 0.

    coefficients_dn: (4, 4), of Legendre polynomials of row and column, each -1..1 from the first
        to the last; total degree at most 3. blocks_dn, fitted_dn: medians of the blocks of the
        image, and the polynomial there. deviation_e, span_e: of the polynomial, its standard
        deviation and largest difference. residual_e: what the blocks keep beside it.
    share: of the blocks' variance that the polynomial holds, adjusted for its terms.
    """

    coefficients_dn: Values
    blocks_dn: Values
    fitted_dn: Values
    deviation_e: Figure
    span_e: Figure
    residual_e: float
    share: float

    def map_dn(self, height: int, width: int) -> Values:
        """The shading of every photosite, DN, (h, w)."""
        rows, columns = np.linspace(-1, 1, height), np.linspace(-1, 1, width)
        shading = legendre.leggrid2d(rows, columns, self.coefficients_dn)
        return np.asarray(shading, np.float64)


def smooth_left(row_signal: Values) -> float:
    """Variance that rows' drifts and bands leave in the smooth part of a mean of frames, DN^2.

    row_signal: (L, h), departures of each frame's rows from the mean over the frames.
    """
    frames, height = row_signal.shape
    columns = legendre.legvander(np.linspace(-1, 1, height), DEGREE)
    weights = np.linalg.lstsq(columns, row_signal.T, rcond=None)[0]
    variance = float((columns @ weights).var(0).sum())
    left: float = variance / (frames - 1) / frames
    return left


def dark_shading(
    pattern_dn: Values, gain_dn_per_e: Figure, *, left_dn2: float = 0.0
) -> DarkShading:
    """Fit the smooth part of a dark pattern.

    pattern_dn: mean dark image less the mean of each site of the colour filters, (h, w). Medians
        of 24 x 24 blocks are fitted, so that hot photosites do not weigh.

    left_dn2: of `smooth_left`, taken off the map's variance; once more, and not at all, at the
        ends of the interval.

    Raises CalibrationError for an image with fewer than 48 rows or columns.

    Source: PMN (Feng et al. 2022), section 4 (dark shading as a map per ISO); the polynomial is
    ours.
    """
    if min(pattern_dn.shape) < 2 * BLOCKS:
        raise CalibrationError(
            f"dark shading needs {2 * BLOCKS} x {2 * BLOCKS} photosites or more, got "
            f"{pattern_dn.shape[1]} x {pattern_dn.shape[0]}"
        )
    ends = [np.linspace(0, side, BLOCKS + 1).astype(int) for side in pattern_dn.shape]
    blocks = np.array(
        [
            [float(np.median(band[:, left:right])) for left, right in zip(ends[1], ends[1][1:])]  # noqa: B905
            for top, bottom in zip(ends[0], ends[0][1:])  # noqa: B905 the ends are one fewer
            for band in [pattern_dn[top:bottom]]
        ]
    )
    rows, columns = (
        ((end[:-1] + end[1:] - 1) / (side - 1) - 1)
        for end, side in zip(ends, pattern_dn.shape, strict=True)
    )
    terms = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]
    y, x = np.meshgrid(rows, columns, indexing="ij")
    design = legendre.legvander2d(y, x, [DEGREE, DEGREE])
    design = design.reshape(BLOCKS**2, DEGREE + 1, DEGREE + 1)
    design = np.stack([design[:, i, j] for i, j in terms], 1)
    values = blocks.ravel()
    group = (np.arange(BLOCKS)[:, None] + 5 * np.arange(BLOCKS)).ravel() % GROUPS
    kept = [np.ones(len(values), bool), *(group != each for each in range(GROUPS))]
    fits = [np.linalg.lstsq(design[k], values[k], rcond=None)[0] for k in kept]
    maps = np.stack([design @ fit for fit in fits])
    left = values - maps[0]
    free = len(values) - len(terms)
    spread = float((left**2).sum()) / free
    total = float(values.var(ddof=1))
    # Noise lends the polynomial a part of its own for every term but the constant.
    lent = spread * (len(terms) - 1) / len(values)
    deviation = jackknife(np.maximum(maps.var(1) - lent, 0.0) ** 0.5, floor=0.0)
    middle = float(maps[0].mean())
    coefficients = np.zeros((DEGREE + 1, DEGREE + 1))
    for (i, j), weight in zip(terms, fits[0], strict=True):
        coefficients[i, j] = weight
    coefficients[0, 0] = 0.0
    gain = gain_dn_per_e.value or 1.0
    return DarkShading(
        coefficients_dn=coefficients,
        blocks_dn=blocks - middle,
        fitted_dn=maps[0].reshape(BLOCKS, BLOCKS) - middle,
        deviation_e=in_electrons(_without(deviation, left_dn2), gain_dn_per_e),
        span_e=in_electrons(jackknife(np.ptp(maps, axis=1), floor=0.0), gain_dn_per_e),
        residual_e=spread**0.5 / gain,
        share=max(1 - spread / total, 0.0) if total > 0 else 0.0,
    )


def _without(deviation: Figure, left_dn2: float) -> Figure:
    """Take the variance off that passing drifts leave, which is itself known to its own size."""

    def less(value: float | None, times: int) -> float:
        return math.sqrt(max((value or 0.0) ** 2 - times * left_dn2, 0.0))

    return Figure(
        value=less(deviation.value, 1), low=less(deviation.low, 2), high=less(deviation.high, 0)
    )
