"""Fixed patterns: spatial variances of a mean image, split into rows, columns and pixels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.uncertainty import NORMAL_95, Figure, in_electrons, not_measured
from isp.core.errors import CalibrationError

LEAST_FRAMES = 16  # EMVA 1288: fewer leave more temporal noise in the mean image than pattern

Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanImage:
    """Mean of many frames of one exposure, one site of the colour filters.

    image: DN, (h, w). temporal_dn2: variance of one frame's noise. frames: how many were
    averaged; what is left of the noise, temporal_dn2 / frames, is taken off the variances.
    """

    image: Plane
    temporal_dn2: float
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpatialVariance:
    """Variances in DN^2, temporal noise taken off, and the standard error of each.

    The total is row + column + pixel; each may be negative, which says that it is not seen.
    """

    total: float
    row: float
    column: float
    pixel: float
    total_error: float
    row_error: float
    column_error: float
    pixel_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NonUniformity:
    """DSNU in e-, or PRNU in percent, and its parts; standard deviations."""

    total: Figure
    row: Figure
    column: Figure
    pixel: Figure


def spatial_variance(mean: MeanImage) -> SpatialVariance:
    """Split the variance of a mean image.

    Errors count the pixels' own kurtosis (hot pixels), and that there are only so many rows and
    columns.

    Raises CalibrationError for an image with fewer than three rows or columns.

    Source: EMVA 1288 release 4.0 linear, section 4.2 (total, row, column, pixel), solved.
    """
    image = mean.image
    rows, columns = image.shape
    if min(rows, columns) < 3:
        raise CalibrationError(
            f"a fixed pattern needs 3 x 3 pixels or more, got {columns} x {rows}"
        )
    number = rows * columns
    measured = float(image.var(ddof=1))
    of_columns = float(image.mean(0).var(ddof=1))
    of_rows = float(image.mean(1).var(ddof=1))
    free = number - rows - columns
    pixel = number / free * (measured - of_columns - of_rows)
    column = ((number - rows) * of_columns - columns * (measured - of_rows)) / free
    row = ((number - columns) * of_rows - rows * (measured - of_columns)) / free
    left = mean.temporal_dn2 / mean.frames
    residual = image - image.mean(0) - image.mean(1)[:, None] + image.mean()
    fourth = float((residual**4).mean()) - float((residual**2).mean()) ** 2
    # The row and column means took number / free of the pixels' variance along.
    pixel_error = number / free * (max(fourth, 0.0) / number) ** 0.5
    column_error = of_columns * (2 / (columns - 1)) ** 0.5
    row_error = of_rows * (2 / (rows - 1)) ** 0.5
    return SpatialVariance(
        total=measured - left,
        row=row,
        column=column,
        pixel=pixel - left,
        total_error=(pixel_error**2 + max(column, 0) ** 2 * 2 / (columns - 1)
                     + max(row, 0) ** 2 * 2 / (rows - 1)) ** 0.5,
        row_error=row_error,
        column_error=column_error,
        pixel_error=pixel_error,
    )  # fmt: skip


def dark_nonuniformity(dark: MeanImage, gain_dn_per_e: Figure) -> NonUniformity:
    """DSNU1288: the deviation of the dark image, e-.

    Source: EMVA 1288 release 4.0 linear, section 4.3.
    """
    variance = spatial_variance(dark)

    def figure(value: float, error: float) -> Figure:
        in_dn = _deviation(value, error, 1.0, _why(dark, value, error))
        return in_electrons(in_dn, gain_dn_per_e)

    return _parts(variance, figure)


def response_nonuniformity(bright: MeanImage, dark: MeanImage) -> NonUniformity:
    """PRNU1288: the deviation of the response at half of saturation, percent of the signal.

    Uneven light counts as PRNU: shoot with a diffuser.

    Raises CalibrationError when the flat is no brighter than the dark.

    Source: EMVA 1288 release 4.0 linear, section 4.3.
    """
    signal = float(bright.image.mean() - dark.image.mean())
    if not signal > 0:
        raise CalibrationError("the flat is no brighter than the dark")
    light, black = spatial_variance(bright), spatial_variance(dark)
    differences = SpatialVariance(
        **{
            name: getattr(light, name) - getattr(black, name)
            for name in ("total", "row", "column", "pixel")
        },
        **{
            f"{name}_error": float(
                np.hypot(getattr(light, f"{name}_error"), getattr(black, f"{name}_error"))
            )
            for name in ("total", "row", "column", "pixel")
        },
    )

    def figure(value: float, error: float) -> Figure:
        return _deviation(value, error, 100 / signal, _why(bright, value, error))

    return _parts(differences, figure)


def _parts(variance: SpatialVariance, figure: Callable[[float, float], Figure]) -> NonUniformity:
    return NonUniformity(
        total=figure(variance.total, variance.total_error),
        row=figure(variance.row, variance.row_error),
        column=figure(variance.column, variance.column_error),
        pixel=figure(variance.pixel, variance.pixel_error),
    )


def _deviation(variance: float, error: float, scale: float, reason: str) -> Figure:
    """The square root with its interval; none where the variance is below 0."""
    high = scale * max(variance + NORMAL_95 * error, 0.0) ** 0.5
    if variance < 0:
        return Figure(value=None, low=0.0, high=high, reason=reason)
    low = scale * max(variance - NORMAL_95 * error, 0.0) ** 0.5
    return Figure(value=scale * variance**0.5, low=low, high=high)


def _why(mean: MeanImage, variance: float, error: float) -> str:
    few = " (take more frames)" if mean.frames < LEAST_FRAMES else ""
    return (
        f"the pattern's variance is {variance:.3g} +- {error:.2g} DN^2 once the noise left in "
        f"the mean of {mean.frames} frames is taken off: below 0, so it is not seen{few}"
    )


def missing_pattern(what: str) -> NonUniformity:
    """The same figures where no stack of frames is there."""
    none = not_measured(what)
    return NonUniformity(total=none, row=none, column=none, pixel=none)
