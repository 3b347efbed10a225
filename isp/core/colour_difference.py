"""CIELAB, and the colour difference CIEDE2000 between colours in it."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

EPSILON: Final = 216 / 24389  # CIE 15:2004; where CIELAB's cube root meets its line
KAPPA: Final = 24389 / 27
HALF_TURN: Final = 180 + 1e-9  # opposite hues, whatever the rounding of their angles


def cielab(xyz: ArrayLike, white: ArrayLike) -> Values:
    """CIELAB (..., 3) of XYZ (..., 3) under a white (3,); L* 0..100 up to white.

    Source: CIE 15:2004, section 8.2.1.

    >>> cielab([0.9642, 1.0, 0.8249], [0.9642, 1.0, 0.8249]).round(6).tolist()
    [100.0, 0.0, 0.0]
    """
    ratio = np.asarray(xyz, np.float64) / np.asarray(white, np.float64)
    bent = np.where(ratio > EPSILON, np.cbrt(ratio), (KAPPA * ratio + 16) / 116)
    fx, fy, fz = np.moveaxis(bent, -1, 0)
    lab = np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)
    return lab + 0.0  # no negative zeros


def ciede2000(lab_1: ArrayLike, lab_2: ArrayLike) -> Values:
    """CIEDE2000 (kL = kC = kH = 1) between CIELAB colours (..., 3): (...).

    >>> ciede2000([50, 2.6772, -79.7751], [50, 0, -82.7485]).round(4).tolist()
    2.0425
    """
    return np.asarray(np.linalg.norm(ciede2000_vector(lab_1, lab_2), axis=-1))


def ciede2000_vector(lab_1: ArrayLike, lab_2: ArrayLike) -> Values:
    """Differences (..., 3) whose length is CIEDE2000, smooth where that length has a kink.

    Lightness first; the two others are chroma and hue, turned so that their product is gone.

    Source: Sharma, Wu, Dalal, Color Research and Application 30(1), 2005, equations 2-22.
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
    # c^2 + h^2 + R_T c h = (c + R_T h / 2)^2 + (1 - R_T^2 / 4) h^2, and |R_T| < 2.
    return np.stack(
        [lightness, chroma + r_t * hue / 2, np.sqrt(np.maximum(1 - r_t**2 / 4, 0)) * hue], axis=-1
    )
