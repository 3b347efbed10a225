"""Colour difference: CIEDE2000 between pictures in CIELAB under D65."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from apps.bench.metrics.pixels import Values, paired
from isp.core.colour import D65_XY, PRIMARIES, rgb_to_xyz, xy_to_xyz
from isp.core.colour_difference import ciede2000, cielab

TO_XYZ: Final = rgb_to_xyz(PRIMARIES["bt709"])
WHITE: Final = xy_to_xyz(D65_XY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourDifference:
    """CIEDE2000 over the pixels compared; 1 is about a just noticeable difference."""

    mean: float
    p95: float
    max: float


def delta_e_2000(
    picture: ArrayLike, truth: ArrayLike, *, measured: ArrayLike | None = None
) -> ColourDifference:
    """CIEDE2000 between two pictures (h, w, 3) in linear BT.709, 1.0 = the D65 white.

    For sRGB pictures decode first (`linear_from_srgb`); values above 1 are not clipped.
    measured: mask (h, w), (h, w, 1) or (h, w, 3) of the pixels to compare; None for all.

    Raises FrameError for pictures that cannot be compared.
    """
    picture, truth, counts = paired(picture, truth, measured)
    each = ciede2000(lab_from_linear(picture[counts]), lab_from_linear(truth[counts]))
    return ColourDifference(
        mean=float(each.mean()), p95=float(np.percentile(each, 95)), max=float(each.max())
    )


def linear_from_srgb(encoded: ArrayLike) -> Values:
    """Undo sRGB's curve: code values 0..1 to linear BT.709 (IEC 61966-2-1)."""
    encoded = np.asarray(encoded, np.float64)
    shoulder = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, shoulder)


def lab_from_srgb(encoded: ArrayLike) -> Values:
    """CIELAB (D65) of sRGB code values 0..1 (..., 3).

    >>> lab_from_srgb([1.0, 0.0, 0.0]).round(2).tolist()
    [53.24, 80.09, 67.2]
    """
    return lab_from_linear(linear_from_srgb(encoded))


def lab_from_linear(linear: ArrayLike) -> Values:
    """CIELAB (D65) of linear BT.709 (..., 3), 1.0 = white; L* 0..100 up to white.

    >>> lab_from_linear([1.0, 1.0, 1.0]).round(6).tolist()
    [100.0, 0.0, 0.0]
    """
    return cielab(np.asarray(linear, np.float64) @ TO_XYZ.T, WHITE)
