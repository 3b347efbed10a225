"""How light falls in the room: sky through the window, sun, lamp, and what bounces.

Light is given as the radiance a perfect white diffuser would have there, linear BT.709,
in units of 100 cd/m2; a paint's colour times it is the radiance of the paint. Geometry (form
factors, shadows, falloff) is computed; the strengths below are chosen for the picture: the
window and the bulb look brighter than the light they are given to shed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from simulate.scenes import room
from simulate.scenes.room import Box, Point, Values, rgb

Triple = Sequence[float] | Values  # x, y, z

SKYLIGHT: Final = rgb(11.5, 12.5, 13.4)
LAMPLIGHT: Final = rgb(0.78, 0.56, 0.33)  # of a diffuser one metre below the bulb
SUNLIGHT: Final = rgb(8.8, 7.3, 5.3)
AMBIENT: Final = rgb(0.180, 0.176, 0.170)
FILL: Final = rgb(0.165, 0.164, 0.161)  # from the bright wall behind the eye
FLOOR_GLOW: Final = rgb(0.55, 0.43, 0.31)  # the sunlit floor, seen from above

SUN: Final = rgb(-0.40, 0.58, 0.75) / np.linalg.norm([-0.40, 0.58, 0.75])
FILL_FROM: Final = rgb(-0.25, 0.35, -0.90)
SUN_SPOT: Final[Point] = (-0.25, 0.0, 3.2)
REACH_M: Final = 0.9  # ambient light is blocked by what is nearer than this


def smooth_step(low: Values | float, high: Values | float, values: Values) -> Values:
    """0 below low, 1 above high (the other way when low > high), a cubic between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def panes(x: Values, y: Values, blur: Values | float) -> Values:
    """Part of the light (0..1) that passes the window's bars at (x, y), edges blurred (m)."""
    left, bottom, right, top = room.WINDOW
    middle = (left + right) / 2
    through = np.ones(np.shape(x))
    for low, high, at in ((left + 0.05, right - 0.05, x), (bottom + 0.05, top - 0.05, y)):
        through = through * smooth_step(low - blur, low + blur, at)
        through = through * smooth_step(high + blur, high - blur, at)
    for centre, half, at in ((middle, 0.032, x), (1.84, 0.02, y)):
        through = through * smooth_step(half - blur, half + blur, np.abs(at - centre))
    return through


def blocked(points: Values, ends: Values) -> Values:
    """Whether furniture stands between points (m, 1, 3) and ends (m or 1, k, 3): (m, k)."""
    way = [ends[..., axis] - points[..., axis] for axis in range(3)]  # each (m, k)
    way = [np.where(np.abs(steps) < 1e-9, 1e-9, steps) for steps in way]
    slower = [1 / steps for steps in way]
    hit = np.zeros(way[0].shape, dtype=bool)
    for box in room.BOXES:
        enter, leave = np.full(hit.shape, -np.inf), np.full(hit.shape, np.inf)
        for axis in range(3):
            low = (box.low[axis] - points[..., axis]) * slower[axis]
            high = (box.high[axis] - points[..., axis]) * slower[axis]
            enter = np.maximum(enter, np.minimum(low, high))
            leave = np.minimum(leave, np.maximum(low, high))
        hit |= (enter < leave) & (leave > 1e-4) & (enter < 1)
    a = way[0] ** 2 + way[1] ** 2 + way[2] ** 2
    for ball in room.BALLS:
        to = [points[..., axis] - ball.centre[axis] for axis in range(3)]
        b = way[0] * to[0] + way[1] * to[1] + way[2] * to[2]
        inside = b**2 - a * (to[0] ** 2 + to[1] ** 2 + to[2] ** 2 - ball.radius**2)
        root = np.sqrt(np.maximum(inside, 0))
        hit |= (inside > 0) & ((-b + root) > 1e-4 * a) & ((-b - root) < a)
    return hit.astype(np.float64)


def sunlight(x: Values, y: Values, z: Values, facing: Values) -> Values:
    """Direct sun (n, 3) at points whose normals (n or 1, 3) are `facing`."""
    light = np.zeros((x.size, 3))
    away = (room.GLASS - 0.08 - z) / SUN[2]
    blur = 0.004 + 0.007 * away  # the sun's disc, a little widened
    through = panes(x + SUN[0] * away, y + SUN[1] * away, blur)
    lit = np.nonzero(through > 0)[0]
    if lit.size == 0:
        return light
    normals = np.broadcast_to(facing, (x.size, 3))[lit]
    start = np.stack([x, y, z], -1)[lit] + 2e-3 * normals
    shadow = blocked(start[:, None], (start + SUN * away[lit, None])[:, None])[:, 0]
    strength = through[lit] * (1 - shadow) * np.maximum(normals @ SUN, 0)
    light[lit] = strength[:, None] * SUNLIGHT
    return light


def _window_points() -> Values:
    left, bottom, right, top = room.WINDOW
    x, y = np.meshgrid((np.arange(4) + 0.5) / 4, (np.arange(4) + 0.5) / 4)
    return np.stack(
        [left + (right - left) * x.ravel(), bottom + (top - bottom) * y.ravel(), np.full(16, 5.19)],
        -1,
    )


def _hemisphere() -> Values:
    """Twenty directions over the unit sphere, along a spiral."""
    k = (np.arange(20) + 0.5) / 20
    turn = np.pi * (1 + np.sqrt(5)) * 20 * k
    up, flat = 1 - 2 * k, 2 * np.sqrt(k * (1 - k))
    return np.stack([flat * np.cos(turn), up, flat * np.sin(turn)], -1)


def light(points: Values, normals: Values) -> Values:
    """Light without the direct sun at points (n, 3) facing normals (n, 3): (n, 3)."""
    start = (points + 2e-3 * normals)[:, None]  # (n, 1, 3)
    facing = normals[:, None]

    window = _window_points()[None]
    to = window - start
    square = (to**2).sum(-1)
    left, bottom, right, top = room.WINDOW
    patch = (right - left) * (top - bottom) / window.shape[1] * 0.78  # less the bars
    form = np.maximum((to * facing).sum(-1), 0) * np.maximum(to[..., 2], 0) * patch
    form /= np.pi * np.maximum(square, 0.05) ** 2
    sky = (form * (1 - blocked(start, window))).sum(-1)

    turn = np.arange(6) * np.pi / 3
    ring = np.stack([0.07 * np.cos(turn), 0.02 * np.cos(3 * turn), 0.07 * np.sin(turn)], -1)
    lamps = np.asarray(room.BULB)[None] + ring[None] - [0, 0.03, 0]
    to = lamps - start
    square = np.maximum((to**2).sum(-1), 0.01)
    cosine = np.maximum((to * facing).sum(-1), 0) / np.sqrt(square)
    below = smooth_step(-0.22, 0.12, to[..., 1] / np.sqrt(square))  # the shade holds it back above
    lamp = ((0.16 + 0.84 * below) * cosine / square * (1 - blocked(start, lamps))).mean(-1)

    to = np.asarray(SUN_SPOT) - start
    square = np.maximum((to**2).sum(-1), 0.4)
    cosines = np.maximum((to * facing).sum(-1), 0) * np.maximum(-to[..., 1], 0)
    glow = (cosines / square**2)[:, 0]

    around = _hemisphere()[None]
    weight = np.maximum((around * facing).sum(-1), 0)
    open_part = 1 - 0.85 * blocked(start, start + REACH_M * around)
    ambient = (weight * open_part).sum(-1) / weight.sum(-1)
    for axis, low, high in ((0, room.LEFT, room.RIGHT), (1, 0.0, room.CEILING), (2, -9.0, 5.2)):
        for wall, away in ((low, 1), (high, -1)):
            elsewhere = np.abs(normals[:, axis]) < 0.9  # a wall does not shade itself
            near = np.exp(-np.abs(points[:, axis] - wall) / 0.22)
            ambient *= 1 - 0.38 * near * elsewhere * (away * normals[:, axis] > -0.9)
    total: Values = (
        sky[:, None] * SKYLIGHT
        + lamp[:, None] * LAMPLIGHT
        + glow[:, None] * FLOOR_GLOW
        + ambient[:, None] * AMBIENT
        + (ambient * (0.5 + 0.5 * normals @ FILL_FROM) ** 2)[:, None] * FILL
    )
    return total


def _interpolated(grid: Values, steps: Values) -> Values:
    """Bilinear between the grid's (rows, columns, 3) at steps (2, n); the border goes on."""
    planes = (map_coordinates(grid[..., c], steps, order=1, mode="nearest") for c in range(3))
    return np.stack(list(planes), -1)


@dataclass(frozen=True, slots=True, eq=False)
class LightMap:
    """The light on a flat rectangle, worked out on a grid and interpolated."""

    corner: Values
    edges: Values  # (2, 3): the rectangle's two edges
    grid: Values  # (rows along the first edge, columns along the second, 3)

    def at(self, x: Values, y: Values, z: Values) -> Values:
        places = np.stack([x, y, z], -1) - self.corner
        along = (places @ (self.edges / (self.edges**2).sum(-1, keepdims=True)).T).T
        steps = along * (np.array(self.grid.shape[:2])[:, None] - 1)
        return _interpolated(self.grid, steps)


def light_map(
    corner: Triple, first: Triple, second: Triple, normal: Triple, step_m: float
) -> LightMap:
    """Work out the light on the rectangle spanned by two edges at a corner."""
    edges = np.array([first, second])
    rows, columns = (max(4, round(np.linalg.norm(edge) / step_m)) for edge in edges)
    a, b = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    points = np.asarray(corner) + a.reshape(-1, 1) * edges[0] + b.reshape(-1, 1) * edges[1]
    lit = light(points, np.broadcast_to(np.array(normal, dtype=float), points.shape))
    grid = gaussian_filter(lit.reshape(rows, columns, 3), (0.8, 0.8, 0), mode="nearest")
    return LightMap(np.asarray(corner, dtype=float), edges, grid)


@cache
def shell_maps() -> tuple[LightMap, ...]:
    """Light on the back wall, the left and right walls, the ceiling and the floor."""
    left, right, top, back = room.LEFT, room.RIGHT, room.CEILING, room.BACK
    wide, deep, tall = (right - left, 0, 0), (0, 0, back), (0, top, 0)
    return (
        light_map((left, 0, back), tall, wide, (0, 0, -1), 0.10),
        light_map((left, 0, 0), tall, deep, (1, 0, 0), 0.15),
        light_map((right, 0, 0), tall, deep, (-1, 0, 0), 0.15),
        light_map((left, top, 0), wide, deep, (0, -1, 0), 0.15),
        light_map((left, 0, 0), deep, wide, (0, 1, 0), 0.06),
    )


@cache
def box_map(box: Box, face: int) -> LightMap:
    """Light on one face of a box, numbered as `Box.meet` does."""
    axis, positive = divmod(face, 2)
    size = np.subtract(box.high, box.low)
    corner, normal = list(box.low), [0.0, 0.0, 0.0]
    corner[axis] = (box.low, box.high)[positive][axis]
    normal[axis] = 2.0 * positive - 1
    first, second = (i for i in range(3) if i != axis)
    edges = np.diag(size)
    step = 0.03 if size.max() < 1.8 else 0.06
    return light_map(corner, edges[first], edges[second], normal, step)


@dataclass(frozen=True, slots=True, eq=False)
class RoundMap:
    """The light on a round body, as a function of its normal."""

    grid: Values  # (normals' y from 1 to -1, turn from -pi to pi, 3)

    def at(self, normals: Values) -> Values:
        rows, columns = np.array(self.grid.shape[:2]) - 1
        x, y, z = normals.T
        polar = np.arccos(np.clip(y, -1, 1)) / np.pi
        turn = np.arctan2(z, x) / (2 * np.pi) + 0.5
        return _interpolated(self.grid, np.stack([polar * rows, turn * columns]))


@cache
def round_map(centre: Point, radius: float) -> RoundMap:
    """Work out the light on a ball."""
    polar, turn = np.meshgrid(
        np.linspace(0, np.pi, 20), np.linspace(-np.pi, np.pi, 37), indexing="ij"
    )
    flat = np.sin(polar)
    normals = np.stack([flat * np.cos(turn), np.cos(polar), flat * np.sin(turn)], -1)
    facing = normals.reshape(-1, 3)
    lit = light(np.asarray(centre) + 1.01 * radius * facing, facing).reshape(normals.shape)
    return RoundMap(gaussian_filter(lit, (0.7, 0.7, 0), mode=("nearest", "wrap", "nearest")))
