"""The room of the built-in scene: what stands where, and what a ray meets first.

Metres; x to the right, y up from the floor, z away from the eye. Rays leave `EYE` with the
direction (slope_x, slope_y, 1), so that a ray's parameter is the depth z.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.scenes import colour_checker

Values = NDArray[np.float64]
Indices = NDArray[np.intp]
Point = tuple[float, float, float]


def rgb(red: float, green: float, blue: float) -> Values:
    """One linear BT.709 colour, as an array."""
    return np.array([red, green, blue], dtype=np.float64)


EYE: Final[Point] = (0.0, 1.5, 0.0)
LEFT: Final = -2.6
RIGHT: Final = 2.3
CEILING: Final = 2.75
BACK: Final = 5.2
GLASS: Final = 5.38  # the window stands this deep in the back wall

# Left, bottom, right, top, all in the plane of the back wall.
WINDOW: Final = (-1.95, 0.85, -0.35, 2.30)
PICTURE: Final = (0.08, 1.34, 1.04, 2.14)

BULB: Final[Point] = (0.95, 1.705, 3.35)
BULB_RADIUS: Final = 0.036
BULB_CORE_RADIUS: Final = 0.028


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box between two corners."""

    name: str
    low: Point
    high: Point

    def outline(self) -> tuple[float, float, float, float]:
        return _outline(self.low, self.high)

    def meet(self, slope_x: Values, slope_y: Values) -> tuple[Values, Indices]:
        """Depth of the first meeting (infinite for none) and the face: -x +x -y +y -z +z."""
        enter = np.full(slope_x.shape, self.low[2])
        leave = np.full(slope_x.shape, self.high[2])
        face = np.full(slope_x.shape, 4)
        for axis, slope in ((0, slope_x), (1, slope_y)):
            slope = np.where(np.abs(slope) < 1e-9, 1e-9, slope)
            first = (self.low[axis] - EYE[axis]) / slope
            second = (self.high[axis] - EYE[axis]) / slope
            near = np.minimum(first, second)
            face = np.where(near > enter, 2 * axis + (slope < 0), face)
            enter = np.maximum(enter, near)
            leave = np.minimum(leave, np.maximum(first, second))
        return np.where(enter < leave, enter, np.inf), face


@dataclass(frozen=True, slots=True)
class Ball:
    """A sphere."""

    name: str
    centre: Point
    radius: float

    def outline(self) -> tuple[float, float, float, float]:
        low, high = np.subtract(self.centre, self.radius), np.add(self.centre, self.radius)
        return _outline(tuple(low), tuple(high))

    def meet(self, slope_x: Values, slope_y: Values) -> tuple[Values, Indices]:
        """Depth of the first meeting (infinite for none); the face is always 0."""
        to = np.subtract(EYE, self.centre)
        a = slope_x**2 + slope_y**2 + 1
        b = slope_x * to[0] + slope_y * to[1] + to[2]
        inside = b**2 - a * (to @ to - self.radius**2)
        depth = (-b - np.sqrt(np.maximum(inside, 0))) / a
        return np.where(inside > 0, depth, np.inf), np.zeros(depth.shape, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Cone:
    """An open, upright cone with its point cut off: a lamp's shade, a flower pot."""

    name: str
    foot: Point
    height: float
    foot_radius: float
    top_radius: float

    def outline(self) -> tuple[float, float, float, float]:
        (x, y, z), r = self.foot, max(self.foot_radius, self.top_radius)
        return _outline((x - r, y, z - r), (x + r, y + self.height, z + r))

    def meet(self, slope_x: Values, slope_y: Values) -> tuple[Values, Indices]:
        """Depth of the first meeting (infinite for none); face 0 outside, 1 inside."""
        widening = (self.top_radius - self.foot_radius) / self.height
        x, y, z = np.subtract(EYE, self.foot)
        radius = self.foot_radius + widening * y
        a = slope_x**2 + 1 - (widening * slope_y) ** 2
        b = slope_x * x + z - widening * slope_y * radius
        inside = b**2 - a * (x**2 + z**2 - radius**2)
        root = np.sqrt(np.maximum(inside, 0))
        depth, face = np.full(a.shape, np.inf), np.zeros(a.shape, dtype=np.intp)
        for index, meeting in ((1, (-b + root) / a), (0, (-b - root) / a)):
            up = y + slope_y * meeting
            there = (inside > 0) & (up >= 0) & (up <= self.height)
            depth, face = np.where(there, meeting, depth), np.where(there, index, face)
        return depth, face


@dataclass(frozen=True, slots=True)
class Leaf:
    """One blade of the plant: a lens shape bent along an arc, in an upright plane."""

    name: str
    root: Point
    angle: float  # of the blade's direction at the root, radians from the upright
    length: float
    width: float
    bend: float  # metres the tip falls sideways

    def outline(self) -> tuple[float, float, float, float]:
        (x, y, z), r = self.root, self.length * 1.1
        return _outline((x - r, y - r, z), (x + r, y + r, z))

    def along(self, x: Values, y: Values) -> tuple[Values, Values]:
        """Position along the blade (0..1) and across it (-1..1 at the edges)."""
        sine, cosine = np.sin(self.angle), np.cos(self.angle)
        dx, dy = x - self.root[0], y - self.root[1]
        along = np.clip((dx * sine + dy * cosine) / self.length, 1e-6, 1 - 1e-6)
        across = dx * cosine - dy * sine - self.bend * along**2
        half = self.width * (4 * along * (1 - along)) ** 0.8 * (1.15 - 0.6 * along)
        return along, across / np.maximum(half, 1e-6)

    def meet(self, slope_x: Values, slope_y: Values) -> tuple[Values, Indices]:
        """Depth of the blade's plane where the blade is, infinite elsewhere."""
        depth = self.root[2]
        along, across = self.along(EYE[0] + slope_x * depth, EYE[1] + slope_y * depth)
        there = (np.abs(across) < 1) & (along > 1e-5) & (along < 1 - 1e-5)
        return np.where(there, depth, np.inf), np.zeros(slope_x.shape, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Cord:
    """The lamp's cord, a thin upright band from the shade to the ceiling."""

    name: str = "cord"

    def outline(self) -> tuple[float, float, float, float]:
        return _outline((BULB[0] - 0.005, 1.95, BULB[2]), (BULB[0] + 0.005, CEILING, BULB[2]))

    def meet(self, slope_x: Values, slope_y: Values) -> tuple[Values, Indices]:
        return np.full(slope_x.shape, BULB[2]), np.zeros(slope_x.shape, dtype=np.intp)


Thing = Box | Ball | Cone | Leaf | Cord


def _outline(low: Point, high: Point) -> tuple[float, float, float, float]:
    """Least and greatest slope_x, then slope_y, of the corners of a box in front of the eye."""
    corners = [
        ((x - EYE[0]) / z, (y - EYE[1]) / z)
        for x in (low[0], high[0])
        for y in (low[1], high[1])
        for z in (low[2], high[2])
    ]
    across, up = zip(*corners, strict=True)
    return min(across), max(across), min(up), max(up)


CHART_PITCH: Final = 0.0865
CHART: Final = Box(
    "chart",
    (0.70, 0.74, 3.40),
    (0.70 + colour_checker.WIDTH * CHART_PITCH, 0.74 + colour_checker.HEIGHT * CHART_PITCH, 3.415),
)
CUPBOARD: Final = Box("cupboard", (1.35, 0.0, 4.72), (RIGHT, 1.92, BACK))
SILL: Final = Box("sill", (-2.03, 0.81, 5.06), (-0.27, 0.85, BACK))
MATTE_BALL: Final = Ball("matte ball", (0.17, 0.74 + 0.15, 3.34), 0.15)
GLOSSY_BALL: Final = Ball("glossy ball", (0.50, 0.74 + 0.115, 3.20), 0.115)
TABLE_TOP: Final = Box("table", (-0.12, 0.70, 3.0), (1.62, 0.74, 3.78))
POT: Final = Cone("pot", (-2.14, 0.0, 4.45), 0.42, 0.13, 0.18)
SHADE: Final = Cone("shade", (BULB[0], 1.745, BULB[2]), 0.21, 0.215, 0.075)

BOXES: Final = (
    TABLE_TOP,
    Box("leg", (-0.07, 0.0, 3.05), (-0.01, 0.70, 3.11)),
    Box("leg", (1.51, 0.0, 3.05), (1.57, 0.70, 3.11)),
    Box("leg", (-0.07, 0.0, 3.67), (-0.01, 0.70, 3.73)),
    Box("leg", (1.51, 0.0, 3.67), (1.57, 0.70, 3.73)),
    Box("apron", (-0.03, 0.61, 3.07), (1.53, 0.70, 3.09)),
    Box("blue book", (1.29, 0.740, 3.28), (1.57, 0.790, 3.48)),
    Box("red book", (1.31, 0.790, 3.30), (1.56, 0.828, 3.47)),
    Box("pale book", (1.28, 0.828, 3.29), (1.50, 0.880, 3.46)),
    CHART,
    CUPBOARD,
    SILL,
)
BALLS: Final = (MATTE_BALL, GLOSSY_BALL)


def _leaves() -> Iterator[Leaf]:
    x, _, z = POT.foot
    for index in range(13):
        turn = (index - 6) / 6  # -1..1, from the leftmost blade to the rightmost
        lift = 0.5 + 0.5 * np.sin(2.4 * index)
        yield Leaf(
            "leaf",
            (x + 0.05 * turn, 0.40, z - 0.004 * ((index * 5) % 13)),
            0.62 * turn,
            0.62 + 0.42 * lift * (1 - 0.5 * abs(turn)),
            0.036 + 0.012 * lift,
            0.16 * turn,
        )


THINGS: Final[tuple[Thing, ...]] = (
    *BOXES,
    *BALLS,
    POT,
    SHADE,
    Ball("bulb", BULB, BULB_RADIUS),
    Cord(),
    *_leaves(),
)
SHELL: Final = ("back wall", "left wall", "right wall", "ceiling", "floor")


@dataclass(frozen=True)
class Meetings:
    """What each ray meets: `surface` counts SHELL, then six faces for each of THINGS."""

    slope_x: Values
    slope_y: Values
    depth: Values
    surface: Indices

    @cached_property
    def x(self) -> Values:
        return EYE[0] + self.slope_x * self.depth

    @cached_property
    def y(self) -> Values:
        return EYE[1] + self.slope_y * self.depth

    def of(self, rays: Indices) -> "Meetings":
        return Meetings(
            self.slope_x[rays], self.slope_y[rays], self.depth[rays], self.surface[rays]
        )


def meet(slope_x: Values, slope_y: Values) -> Meetings:
    """Follow rays from the eye to the first surface; every ray meets one."""
    depth = np.full(slope_x.shape, BACK)
    surface = np.zeros(slope_x.shape, dtype=np.intp)
    for index, (slope, wall) in enumerate(
        ((slope_x, LEFT), (slope_x, RIGHT), (slope_y, CEILING - EYE[1]), (slope_y, -EYE[1])), 1
    ):
        towards = slope * wall > abs(wall) * abs(wall) / BACK  # steep enough to meet it first
        here = np.where(towards, wall / np.where(towards, slope, 1), np.inf)
        surface = np.where(here < depth, index, surface)
        depth = np.minimum(here, depth)
    for index, thing in enumerate(THINGS):
        left, right, bottom, top = thing.outline()
        near = np.nonzero(
            (slope_x >= left) & (slope_x <= right) & (slope_y >= bottom) & (slope_y <= top)
        )[0]
        if near.size == 0:
            continue
        here, face = thing.meet(slope_x[near], slope_y[near])
        first = here < depth[near]
        depth[near[first]] = here[first]
        surface[near[first]] = len(SHELL) + 6 * index + face[first]
    return Meetings(slope_x, slope_y, depth, surface)
