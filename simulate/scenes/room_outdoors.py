"""The window and what is seen through it: sky, hills, a sunlit house, trees and a meadow.

All of it is far away: it depends on the direction of the ray alone (its slopes, x/z and y/z
from the eye). Radiance, linear BT.709, 1.0 = 100 cd/m2.
"""

from typing import Final

import numpy as np

from simulate.scenes import room, room_light
from simulate.scenes.room import Meetings, Values, rgb
from simulate.scenes.room_light import smooth_step
from simulate.scenes.room_paint import blend, smooth_noise, within

SKY: Final = (15.0, 24.5, 43.0)  # the upper sky, one colour above SKY_FROM
SKY_FROM: Final = 0.100
HAZE: Final = (50.0, 55.0, 60.0)
CROWNS: Final = (  # of the trees: across, up, size
    (-0.125, -0.022, 0.030),
    (-0.094, -0.030, 0.024),
    (-0.292, -0.034, 0.020),
    (-0.345, -0.020, 0.034),
    (-0.075, -0.012, 0.020),
)


def outdoors(across: Values, up: Values) -> Values:
    """Radiance (n, 3) in the direction (across, up, 1)."""
    view = blend(np.tile(HAZE, (across.size, 1)), SKY, smooth_step(0.0, SKY_FROM, up) ** 0.8)
    view = _clouds(view, across, up)
    ridges = (
        (0.030, 0.010, 31.0, 0.4, (38.0, 44.0, 55.0)),
        (0.016, 0.009, 47.0, 2.1, (21.0, 28.0, 31.0)),
        (0.002, 0.006, 60.0, 4.0, (12.5, 19.0, 11.0)),
    )
    for height, swing, rate, start, colour in ridges:
        ridge = (
            height
            + swing * np.sin(rate * across + start)
            + 0.3 * swing * np.sin(2.7 * rate * across)
        )
        ridge = ridge + 0.0035 * (smooth_noise(across * 620, np.full(up.shape, start)) - 0.5)
        woods = 0.80 + 0.4 * smooth_noise(across * 420, up * 700 + start)
        view = blend(view, rgb(*colour) * woods[:, None], smooth_step(-0.0005, 0.0005, ridge - up))
    view = _meadow(view, across, up)
    view = _house(view, across, up)
    return _trees(view, across, up)


def _clouds(view: Values, across: Values, up: Values) -> Values:
    x, y = across * 26 + 3.0, up * 75
    cover = (
        0.55 * smooth_noise(x, y)
        + 0.28 * smooth_noise(2.1 * x + 5, 2.1 * y)
        + 0.17 * smooth_noise(4.4 * x, 4.4 * y + 9)
    )
    band = smooth_step(0.030, 0.055, up) * smooth_step(SKY_FROM - 0.004, 0.080, up)
    return blend(view, (72.0, 72.0, 74.0), smooth_step(0.47, 0.72, cover) * band)


def _meadow(view: Values, across: Values, up: Values) -> Values:
    edge = -0.020 + 0.004 * np.sin(22 * across + 1)
    away = np.clip(-0.02 / np.minimum(up, -1e-3), 0.1, 1.0)  # 1 at the far edge
    tufts = smooth_noise(across * 260, up * 900) - 0.5
    grass = rgb(13.0, 19.5, 5.2) * (0.72 + 0.45 * away + 0.35 * tufts)[:, None]
    path = np.abs(across + 0.16 - 1.2 * (up + 0.02)) - 0.16 * (-up - 0.015)
    grass = blend(grass, (38.0, 33.0, 25.0), smooth_step(0.002, -0.002, path))
    return blend(view, grass, smooth_step(-0.0008, 0.0008, edge - up))


def _house(view: Values, across: Values, up: Values) -> Values:
    """A facade in full sun, its side in shade, a tiled roof, windows with shutters."""
    left, right, ground, eaves = -0.262, -0.158, -0.046, 0.014
    wall = rgb(64.0, 55.0, 41.0) * (0.96 + 0.08 * smooth_noise(across * 500, up * 500))[:, None]
    side = (across > -0.182)[:, None]
    wall = np.where(side, wall * [0.24, 0.28, 0.38], wall)
    for centre in (-0.2475, -0.2215, -0.1955):
        for sill in (-0.0185, -0.0405):
            tall = 0.0135
            shutters = within(
                across, up, (centre - 0.0078, sill, centre + 0.0078, sill + tall), 3e-4
            )
            wall = blend(wall, (9.0, 21.0, 20.0), shutters)
            glass = within(across, up, (centre - 0.0036, sill, centre + 0.0036, sill + tall), 3e-4)
            wall = blend(wall, (4.2, 5.2, 6.6), glass)
    wall = wall * (1 - 0.45 * smooth_step(eaves - 0.0045, eaves, up))[:, None]  # under the eaves
    view = blend(view, wall, within(across, up, (left, ground, right, eaves), 5e-4))
    slant = (up - eaves) * 0.55
    roof = within(across, up, (-9.0, eaves - 0.001, 9.0, eaves + 0.030), 5e-4)
    roof = roof * smooth_step(-4e-4, 4e-4, across - (left - 0.006 + slant))
    roof = roof * smooth_step(-4e-4, 4e-4, (right + 0.006 - slant) - across)
    tiles = (
        0.85 + 0.18 * np.sin(2 * np.pi * up / 0.0042) + 0.15 * smooth_noise(across * 700, up * 500)
    )
    view = blend(view, rgb(40.0, 15.5, 8.6) * tiles[:, None], roof)
    return blend(view, (46.0, 26.0, 18.0), within(across, up, (-0.243, 0.036, -0.234, 0.052), 4e-4))


def _trees(view: Values, across: Values, up: Values) -> Values:
    """Round crowns, lit from the upper left, in front of the house and beside it."""
    for x, y, size in (
        (-0.125, -0.022, 0.030),
        (-0.094, -0.030, 0.024),
        (-0.292, -0.034, 0.020),
        (-0.345, -0.020, 0.034),
        (-0.075, -0.012, 0.020),
    ):
        ragged = smooth_noise(across * 330 + 50 * x, up * 330) + 0.6 * smooth_noise(
            across * 800, up * 800
        )
        distance = np.hypot(across - x, (up - y) * 0.85) / size + 0.22 * (ragged - 0.8)
        lit = np.clip(
            0.55 + ((up - y) - (across - x)) / (1.7 * size) + 0.55 * (ragged - 0.8), 0.12, 1.2
        )
        crown = rgb(10.5, 17.0, 3.6) * lit[:, None]
        view = blend(view, crown, smooth_step(1.0, 0.95, distance))
    return view


def window(met: Meetings, lit: Values) -> Values:
    """Rays into the opening of the wall: the reveals, the bars, and past them the outdoors.

    lit: the light on the wall around the opening.
    """
    left, bottom, right, top = room.WINDOW
    x = room.EYE[0] + met.slope_x * room.GLASS
    y = room.EYE[1] + met.slope_y * room.GLASS
    reveal = (x < left) | (x > right) | (y < bottom) | (y > top)
    seen = outdoors(met.slope_x, met.slope_y)
    bars = room_light.panes(x, y, 1e-6) < 0.5
    edge = room_light.panes(x, y, 0.008)
    seen[bars] = (rgb(0.66, 0.65, 0.62) * (lit + 0.25 + 0.9 * edge[:, None]))[bars]
    sides = np.where(x < left, 1.9, np.where(y < bottom, 3.2, 1.0))
    sides = sides * (1 - 0.35 * np.abs(y - (bottom + top) / 2) / (top - bottom))
    return np.where(reveal[:, None], sides[:, None] * rgb(0.86, 0.95, 1.04), seen)
