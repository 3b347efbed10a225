"""Fixed patterns: spatial variances of a mean image, split into rows, columns and pixels."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.uncertainty import (
    CONFIDENCE,
    NORMAL_95,
    Figure,
    in_electrons,
    not_measured,
)
from isp.core.errors import CalibrationError

LEAST_FRAMES = 16  # EMVA 1288: fewer leave more temporal noise in the mean image than pattern

Plane = NDArray[np.float64]
Reach = tuple[float, float]  # how far the lower and the upper limit of 95 % lie from a value
PARTS = ("total", "row", "column", "pixel")


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
    reaches: of each part's interval, down and up, DN^2.
    """

    total: float
    row: float
    column: float
    pixel: float
    total_error: float
    row_error: float
    column_error: float
    pixel_error: float
    reaches: Mapping[str, Reach]


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
    columns: the limits of row and column are those of a chi-square, which few of them have far
    from even; the pixels, which are many, have normal ones.

    Raises CalibrationError for an image with fewer than three rows or columns.

    Source: EMVA 1288 release 4.0 linear, section 4.2 (total, row, column, pixel), solved;
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27, 2008, for the limits of sums and differences.
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
    of_pixels = (NORMAL_95 * pixel_error,) * 2
    reaches = {
        "row": _scaled(of_rows, _variance_reach(rows - 1)),
        "column": _scaled(of_columns, _variance_reach(columns - 1)),
        "pixel": of_pixels,
        "total": _together(
            of_pixels,
            _scaled(max(row, 0.0), _variance_reach(rows - 1)),
            _scaled(max(column, 0.0), _variance_reach(columns - 1)),
        ),
    }
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
        reaches=reaches,
    )  # fmt: skip


def _variance_reach(free: int) -> Reach:
    """Of the variance of normal values with so many degrees of freedom, over that variance."""
    from scipy.stats import chi2

    most, least = chi2.ppf([0.5 + CONFIDENCE / 2, 0.5 - CONFIDENCE / 2], free)
    return 1 - free / float(most), free / float(least) - 1


def _scaled(variance: float, reach: Reach) -> Reach:
    return variance * reach[0], variance * reach[1]


def _together(*reaches: Reach) -> Reach:
    """Of a sum of independent values."""
    return math.hypot(*(down for down, _ in reaches)), math.hypot(*(up for _, up in reaches))


def dark_nonuniformity(dark: MeanImage, gain_dn_per_e: Figure) -> NonUniformity:
    """DSNU1288: the deviation of the dark image, e-.

    Source: EMVA 1288 release 4.0 linear, section 4.3.
    """
    variance = spatial_variance(dark)

    def figure(value: float, error: float, reach: Reach) -> Figure:
        in_dn = _deviation(value, reach, 1.0, _why(dark, value, error))
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
        raise CalibrationError(
            "the flat is no brighter than the dark: name flats and darks for what they are, and "
            "shoot the stack of flats at half of saturation"
        )
    light, black = spatial_variance(bright), spatial_variance(dark)
    differences = SpatialVariance(
        **{name: getattr(light, name) - getattr(black, name) for name in PARTS},
        **{
            f"{name}_error": float(
                np.hypot(getattr(light, f"{name}_error"), getattr(black, f"{name}_error"))
            )
            for name in PARTS
        },
        # What is taken off has its limits the other way round.
        reaches={n: _together(light.reaches[n], black.reaches[n][::-1]) for n in PARTS},
    )

    def figure(value: float, error: float, reach: Reach) -> Figure:
        return _deviation(value, reach, 100 / signal, _why(bright, value, error))

    return _parts(differences, figure)


def _parts(
    variance: SpatialVariance, figure: Callable[[float, float, Reach], Figure]
) -> NonUniformity:
    made = {
        name: figure(
            getattr(variance, name), getattr(variance, f"{name}_error"), variance.reaches[name]
        )
        for name in PARTS
    }
    return NonUniformity(**made)


def _deviation(variance: float, reach: Reach, scale: float, reason: str) -> Figure:
    """The square root with its interval; none where the variance is below 0."""
    high = scale * max(variance + reach[1], 0.0) ** 0.5
    if variance < 0:
        return Figure(value=None, low=0.0, high=high, reason=reason)
    low = scale * max(variance - reach[0], 0.0) ** 0.5
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
