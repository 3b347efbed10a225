"""Colour difference: CIEDE2000 between pictures in CIELAB under D65."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from apps.bench.metrics.pixels import Values, paired
from isp.core.colour import D65_XY, PRIMARIES, rgb_to_xyz, xy_to_xyz

TO_XYZ: Final = rgb_to_xyz(PRIMARIES["bt709"])
WHITE: Final = xy_to_xyz(D65_XY)
EPSILON: Final = 216 / 24389  # CIE 15:2004; where CIELAB's cube root meets its line
KAPPA: Final = 24389 / 27
HALF_TURN: Final = 180 + 1e-9  # opposite hues, whatever the rounding of their angles


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
    ratio = np.asarray(linear, np.float64) @ TO_XYZ.T / WHITE
    bent = np.where(ratio > EPSILON, np.cbrt(ratio), (KAPPA * ratio + 16) / 116)
    fx, fy, fz = np.moveaxis(bent, -1, 0)
    lab = np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)
    return lab + 0.0  # no negative zeros


def ciede2000(lab_1: ArrayLike, lab_2: ArrayLike) -> Values:
    """CIEDE2000 (kL = kC = kH = 1) between CIELAB colours (..., 3): (...).

    Source: Sharma, Wu, Dalal, Color Research and Application 30(1), 2005, equations 2-22.

    >>> ciede2000([50, 2.6772, -79.7751], [50, 0, -82.7485]).round(4).tolist()
    2.0425
    """
    l_1, a_1, b_1 = np.moveaxis(np.asarray(lab_1, np.float64), -1, 0)
    l_2, a_2, b_2 = np.moveaxis(np.asarray(lab_2, np.float64), -1, 0)
    c_bar = (np.hypot(a_1, b_1) + np.hypot(a_2, b_2)) / 2
    g = 0.5 * (1 - np.sqrt(c_bar**7 / (c_bar**7 + 25.0**7)))
    c_1, c_2 = np.hypot((1 + g) * a_1, b_1), np.hypot((1 + g) * a_2, b_2)
    h_1 = np.degrees(np.arctan2(b_1, (1 + g) * a_1)) % 360
    h_2 = np.degrees(np.arctan2(b_2, (1 + g) * a_2)) % 360
    grey = c_1 * c_2 == 0

    turn = h_2 - h_1
    near = np.abs(turn) <= HALF_TURN
    dh = np.where(grey, 0, np.where(near, turn, turn - 360 * np.sign(turn)))
    dl, dc = l_2 - l_1, c_2 - c_1
    dh_metric = 2 * np.sqrt(c_1 * c_2) * np.sin(np.radians(dh / 2))

    l_mean, c_mean, total = (l_1 + l_2) / 2, (c_1 + c_2) / 2, h_1 + h_2
    far_mean = np.where(total < 360, total + 360, total - 360) / 2
    h_mean = np.where(grey, total, np.where(near, total / 2, far_mean))
    t = (
        1
        - 0.17 * np.cos(np.radians(h_mean - 30))
        + 0.24 * np.cos(np.radians(2 * h_mean))
        + 0.32 * np.cos(np.radians(3 * h_mean + 6))
        - 0.20 * np.cos(np.radians(4 * h_mean - 63))
    )
    theta = 30 * np.exp(-(((h_mean - 275) / 25) ** 2))
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c = 1 + 0.045 * c_mean
    s_h = 1 + 0.015 * c_mean * t
    r_t = -np.sin(np.radians(2 * theta)) * 2 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7))
    lightness, chroma, hue = dl / s_l, dc / s_c, dh_metric / s_h
    return np.asarray(np.sqrt(lightness**2 + chroma**2 + hue**2 + r_t * chroma * hue))
