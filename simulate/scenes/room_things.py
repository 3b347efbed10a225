"""What the things in the room look like: table, balls, plant, lamp.

Radiance, linear BT.709, 1.0 = 100 cd/m2; positions in metres.
"""

from typing import Final

import numpy as np

from simulate.scenes import room, room_light, room_paint
from simulate.scenes.room import Ball, Box, Leaf, Meetings, Values, rgb
from simulate.scenes.room_light import smooth_step
from simulate.scenes.room_paint import blend

BULB_CORE: Final = (6500.0, 4900.0, 2900.0)  # 5.1e5 cd/m2
BULB_GLASS: Final = (150.0, 105.0, 58.0)

_FACINGS: Final = np.array(
    [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], dtype=np.float64
)


def box(thing: Box, face: int, met: Meetings) -> Values:
    """Radiance where rays meet a face of a box."""
    x, y, z = met.x, met.y, met.depth
    if thing is room.CHART and face == 4:
        return room_paint.chart(x, y)
    lit = room_light.box_map(thing, face).at(x, y, z)
    if thing is room.CHART:
        return 0.04 * lit
    if thing is room.CUPBOARD:
        if face != 4:
            return rgb(*room_paint.CUPBOARD_PAINT) * lit
        inside = room_paint.within(x, y, room_paint.RECESS) > 0.5
        front = room_paint.cupboard_front(x, y, lit)
        front[inside] = room_paint.recess(met.slope_x[inside], met.slope_y[inside], lit[inside])
        return front
    lit = lit + room_light.sunlight(x, y, z, _FACINGS[face][None])
    if thing is room.SILL:
        return rgb(0.66, 0.65, 0.62) * lit
    if thing.name.endswith("book"):
        return room_paint.books(thing, face, x, y, lit)
    wood = rgb(0.335, 0.200, 0.105) * lit
    if face == 3:
        return wood * room_paint.boards(z, x, 0.155, 3.1, 120.0)[:, None] + _polish(met)
    return 0.9 * wood


def _polish(met: Meetings) -> Values:
    """The window, mirrored dimly in a level polished surface."""
    away = room.GLASS - met.depth
    seen_y = met.y - met.slope_y * away
    through = room_light.panes(met.x + met.slope_x * away, seen_y, 0.05 + 0.05 * away)
    steep = 1 / np.sqrt(1 + (met.slope_x**2 + 1) / np.maximum(met.slope_y**2, 1e-9))
    fresnel = 0.04 + 0.96 * (1 - steep) ** 5
    return (0.10 * fresnel * through)[:, None] * room_light.SKYLIGHT


def floor(met: Meetings) -> Values:
    """Boards, a rug on them, sun and a little polish."""
    x, z = met.x, met.depth
    lit = room_light.shell_maps()[4].at(x, np.zeros_like(x), z)
    lit = lit + room_light.sunlight(x, np.zeros_like(x), z, _FACINGS[3][None])
    boards = room_paint.floor(x, z, lit) + 0.8 * _polish(met)
    woven, part = room_paint.rug(x, z)
    return blend(boards, woven * lit, part)


def ball(thing: Ball, met: Meetings) -> Values:
    """A ball: the bulb, the matte one, or the glossy one that mirrors the room."""
    x, y, z = met.x, met.y, met.depth
    if thing.name == "bulb":
        apart = np.hypot(
            met.slope_x * thing.centre[2] - thing.centre[0],
            room.EYE[1] + met.slope_y * thing.centre[2] - thing.centre[1],
        )
        core = (apart < room.BULB_CORE_RADIUS).astype(np.float64)
        return blend(np.tile(BULB_GLASS, (x.size, 1)), BULB_CORE, core)
    normal = (np.stack([x, y, z], -1) - np.asarray(thing.centre)) / thing.radius
    lit = room_light.round_map(thing.centre, thing.radius).at(normal)
    lit = lit + room_light.sunlight(x, y, z, normal)
    if thing is room.MATTE_BALL:
        speckle = 1 + 0.10 * (room_paint.smooth_noise(x * 260, y * 260 + z * 90) - 0.5)
        return rgb(0.60, 0.215, 0.060) * speckle[:, None] * lit
    ray = np.stack([met.slope_x, met.slope_y, np.ones_like(x)], -1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    cosine = (ray * normal).sum(-1)  # negative: the ray meets the outside
    mirrored = ray - 2 * cosine[:, None] * normal
    fresnel: Values = 0.045 + 0.955 * np.clip(1 + cosine, 0, 1) ** 5
    seen = _seen_from(np.stack([x, y, z], -1), mirrored)
    return rgb(0.018, 0.105, 0.125) * lit + fresnel[:, None] * seen


def _seen_from(start: Values, ray: Values) -> Values:
    """The room as the glossy ball mirrors it: plain walls, the window, the lamp, the table."""
    ray = np.where(np.abs(ray) < 1e-6, 1e-6, ray)
    walls = np.where(ray > 0, [room.RIGHT, room.CEILING, room.BACK], [room.LEFT, 0.0, -1.5])
    reach = ((walls - start) / ray).min(-1)
    end = start + reach[:, None] * ray
    up = smooth_step(0.0, room.CEILING, end[:, 1])
    seen = rgb(0.10, 0.09, 0.08) + up[:, None] * rgb(0.22, 0.20, 0.18)
    top = (room.TABLE_TOP.high[1] - start[:, 1]) / ray[:, 1]
    on = start + top[:, None] * ray
    table = (top > 0) & (np.abs(on[:, 0] - 0.75) < 0.87) & (on[:, 2] > 3.0) & (on[:, 2] < 3.78)
    seen = blend(seen, (0.16, 0.085, 0.04), table.astype(np.float64))
    back = (end[:, 2] > room.BACK - 1e-6).astype(np.float64)
    seen = (
        seen + (back * room_light.panes(end[:, 0], end[:, 1], 0.02))[:, None] * room_light.SKYLIGHT
    )
    # A doorway behind the eye, out of the picture.
    door = room_paint.within(end[:, 0], end[:, 1], (-1.6, 0.0, -0.7, 2.1), 0.05)
    seen = seen + (door * (end[:, 2] < -1.5 + 1e-6) * 2.2)[:, None] * rgb(1.0, 0.97, 0.92)
    x, y, z = room.BULB
    for middle, radius, glow in (
        ((x, y + 0.1, z), 0.17, (9.0, 6.0, 3.2)),
        ((x, y, z), room.BULB_CORE_RADIUS, BULB_CORE),
    ):
        to = np.asarray(middle) - start
        apart = np.linalg.norm(to - (to * ray).sum(-1, keepdims=True) * ray, axis=-1)
        seen = blend(seen, glow, smooth_step(radius + 0.01, radius - 0.01, apart))
    return seen


def pot(face: int, met: Meetings) -> Values:
    """A glazed pot; its inside is earth in shadow."""
    x, y, z = met.x, met.y, met.depth
    foot = room.POT.foot
    out = np.stack([x - foot[0], np.full(x.size, -0.02), z - foot[2]], -1)
    normal = out / np.linalg.norm(out, axis=-1, keepdims=True)
    lit = room_light.round_map((foot[0], 0.24, foot[2]), 0.16).at(normal)
    if face == 1:
        return rgb(0.05, 0.035, 0.025) * lit
    rim = 1 - 0.4 * smooth_step(0.375, 0.37, y) * smooth_step(0.355, 0.36, y)
    return rgb(0.44, 0.42, 0.38) * (rim * smooth_step(-0.05, 0.12, y))[:, None] * lit


def leaf(thing: Leaf, met: Meetings) -> Values:
    """A blade: a pale midrib, lit from the room and, through it, from the window."""
    along, across = thing.along(met.x, met.y)
    height = smooth_step(0.35, 1.3, met.y)
    folded = np.where(across > 0, 1.18, 0.80)
    rib = smooth_step(0.13, 0.05, np.abs(across))
    veins = 1 + 0.10 * np.sin(60 * along - 5 * np.abs(across))
    strength: Values = (0.10 + 0.24 * height * along + 0.06 * along) * folded * veins
    green = rgb(0.24, 0.46, 0.10) * strength[:, None]
    through = rgb(0.42, 0.60, 0.08) * (0.42 * height * along * folded)[:, None]
    return green * 1.3 + through + rgb(0.10, 0.13, 0.05) * (rib * (0.3 + height))[:, None]


def shade(face: int, met: Meetings) -> Values:
    """Linen around the bulb: brightest low and towards the middle."""
    up = (met.y - room.SHADE.foot[1]) / room.SHADE.height
    if face == 1:
        return rgb(42.0, 29.0, 16.0) * (1.0 - 0.55 * up)[:, None]
    round_off = np.abs(met.x - room.SHADE.foot[0]) / (room.SHADE.foot_radius * (1.02 - 0.65 * up))
    linen = 1 + 0.05 * np.sin(met.x * 700) * np.sin(met.y * 620)
    glow = (1.15 - 0.72 * up) * (1 - 0.45 * np.clip(round_off, 0, 1) ** 3) * linen
    hem = smooth_step(0.03, 0.04, up) * smooth_step(0.985, 0.965, up)
    return rgb(7.6, 5.0, 2.55) * (glow * (0.45 + 0.55 * hem))[:, None]


def cord(met: Meetings) -> Values:
    """Black flex."""
    return np.tile([0.012, 0.011, 0.010], (met.depth.size, 1))
