"""The built-in scene: a room at a window, rendered by code, its radiance known.

A ray through each pixel meets the room's plan (`room`), is lit (`room_light`) and takes the
colour of what it met (`room_paint`, `room_outdoors`). Nothing is drawn from a generator and
nothing depends on the size: a larger picture shows the same room, more finely.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from simulate.scenes import (
    colour_checker,
    room,
    room_light,
    room_outdoors,
    room_paint,
    room_things,
)
from simulate.scenes.region import ANCHOR_CD_M2, Region, check_size, whole_pixels
from simulate.scenes.region import LUMINANCE as TO_LUMINANCE
from simulate.scenes.room import Indices, Meetings, Values

INTERIOR_ANCHOR_CD_M2: Final = ANCHOR_CD_M2  # what 1.0 means

# The picture as designed; other sizes show at least this much of the room.
DESIGN_HEIGHT: Final = 640
DESIGN_WIDTH: Final = 960
FOCAL: Final = 800.0  # design pixels per unit slope
CENTRE: Final = (480.0, 220.0)  # the design pixel straight ahead of the eye
SUBSAMPLES: Final = 4  # per side, where the picture has an edge
EDGE_STOPS: Final = 0.35
STRIP: Final = 1 << 15  # rays at a time
LUMINANCE: Final = np.array(TO_LUMINANCE)


def interior(
    height: int = DESIGN_HEIGHT, width: int = DESIGN_WIDTH
) -> Float32[np.ndarray, "h w 3"]:
    """Render the room in linear BT.709, 1.0 = INTERIOR_ANCHOR_CD_M2.

    Every value is finite and every luminance above zero; the cyan patch alone keeps a red
    below zero, as its paint lies outside BT.709 (no camera's own RGB sees it negative).

    Raises UsageError for a size below one pixel.
    """
    check_size(height, width)
    rows, columns = np.mgrid[:height, :width].reshape(2, -1) + 0.5
    once = np.empty((height * width, 3))
    surface = np.empty(height * width, dtype=np.intp)
    for start in range(0, once.shape[0], STRIP):
        part = slice(start, start + STRIP)
        met = room.meet(*_slopes(rows[part], columns[part], height, width))
        surface[part], once[part] = met.surface, _radiance(met)
    finely = np.nonzero(_has_edge(surface.reshape(height, width), once.reshape(height, width, 3)))
    within = (np.arange(SUBSAMPLES) + 0.5) / SUBSAMPLES
    down, across = (offsets.ravel() for offsets in np.meshgrid(within, within, indexing="ij"))
    step = STRIP // down.size
    for start in range(0, finely[0].size, step):
        row, column = (index[start : start + step] for index in finely)
        slopes = _slopes(
            (row[:, None] + down).ravel(), (column[:, None] + across).ravel(), height, width
        )
        samples = _radiance(room.meet(*slopes)).reshape(row.size, down.size, 3)
        once[row * width + column] = samples.mean(axis=1)
    return once.reshape(height, width, 3).astype(np.float32)


def interior_regions(height: int = DESIGN_HEIGHT, width: int = DESIGN_WIDTH) -> dict[str, Region]:
    """Where `interior` of this size holds one known colour; regions below a pixel are left out.

    The names: the 24 patches as in `colour_checker.PATCHES`, "lamp", "window" (the upper
    sky), "deep shadow", "grey wall".
    """
    check_size(height, width)
    flats = {
        "lamp": (*_around_bulb(), room.BULB[2], room_things.BULB_CORE),
        "window": (-1.85, 2.06, -1.24, 2.22, room.GLASS, room_outdoors.SKY),
        "deep shadow": (2.03, 1.46, 2.20, 1.80, room_paint.RECESS_BACK, room_paint.SHADOW),
        "grey wall": (*room_paint.GREY_WALL_AREA, room.BACK, room_paint.GREY_WALL),
    }
    pitch, (left, _, front), top = room.CHART_PITCH, room.CHART.low, room.CHART.high[1]
    for name, (a, b, c, d) in colour_checker.patch_rectangles().items():
        red, green, blue = (room_paint.CHART_LIGHT * part for part in colour_checker.PATCHES[name])
        corners = (left + a * pitch, top - d * pitch, left + c * pitch, top - b * pitch)
        flats[name] = (*corners, front, (red, green, blue))
    scale = _scale(height, width)
    regions = {}
    for name, (left, bottom, right, top, depth, rgb) in flats.items():
        first, last = (
            width / 2 + scale * (CENTRE[0] + FOCAL * (x - room.EYE[0]) / depth - DESIGN_WIDTH / 2)
            for x in (left, right)
        )
        upper, lower = (
            height / 2 + scale * (CENTRE[1] - FOCAL * (y - room.EYE[1]) / depth - DESIGN_HEIGHT / 2)
            for y in (top, bottom)
        )
        region = whole_pixels(name, (first, upper, last, lower), rgb)
        if region is not None:
            regions[name] = region
    return regions


def _around_bulb() -> tuple[float, float, float, float]:
    """The square inside the bulb's core."""
    (x, y, _), half = room.BULB, room.BULB_CORE_RADIUS / 2**0.5
    return x - half, y - half, x + half, y + half


def _scale(height: int, width: int) -> float:
    """Pixels per design pixel."""
    return min(height / DESIGN_HEIGHT, width / DESIGN_WIDTH)


def _slopes(rows: Values, columns: Values, height: int, width: int) -> tuple[Values, Values]:
    """Directions of the rays through positions in the picture (pixels, centres at 0.5)."""
    scale = _scale(height, width)
    across = (columns - width / 2) / scale + DESIGN_WIDTH / 2 - CENTRE[0]
    down = (rows - height / 2) / scale + DESIGN_HEIGHT / 2 - CENTRE[1]
    return across / FOCAL, -down / FOCAL


def _has_edge(surface: Indices, rendered: Values) -> NDArray[np.bool_]:
    """Pixels beside another surface or an abrupt change of luminance (h, w)."""
    stops = np.log2(rendered @ LUMINANCE)
    abrupt: NDArray[np.bool_] = maximum_filter(stops, 3) - minimum_filter(stops, 3) > EDGE_STOPS
    abrupt |= maximum_filter(surface, 3) != minimum_filter(surface, 3)
    return abrupt


def _radiance(met: Meetings) -> Values:
    """Colour of what each ray meets (n, 3)."""
    colours = np.empty((met.depth.size, 3))
    order = np.argsort(met.surface, kind="stable")
    kinds, starts = np.unique(met.surface[order], return_index=True)
    for kind, rays in zip(kinds, np.split(order, starts[1:]), strict=True):
        colours[rays] = _of_surface(int(kind), met.of(rays))
    return colours


def _of_surface(kind: int, met: Meetings) -> Values:
    if kind < len(room.SHELL):
        return _of_shell(kind, met)
    index, face = divmod(kind - len(room.SHELL), 6)
    thing = room.THINGS[index]
    if isinstance(thing, room.Box):
        return room_things.box(thing, face, met)
    if isinstance(thing, room.Ball):
        return room_things.ball(thing, met)
    if isinstance(thing, room.Leaf):
        return room_things.leaf(thing, met)
    if thing is room.POT:
        return room_things.pot(face, met)
    return room_things.shade(face, met) if thing is room.SHADE else room_things.cord(met)


def _of_shell(kind: int, met: Meetings) -> Values:
    if room.SHELL[kind] == "floor":
        return room_things.floor(met)
    lit = room_light.shell_maps()[kind].at(met.x, met.y, met.depth)
    if room.SHELL[kind] == "back wall":
        return _back_wall(met, lit)
    paint = (0.72, 0.71, 0.69) if room.SHELL[kind] == "ceiling" else (0.56, 0.545, 0.52)
    return np.array(paint) * lit


def _back_wall(met: Meetings, lit: Values) -> Values:
    x, y = met.x, met.y
    wall = room_paint.plaster(x, y, lit)
    framed = np.nonzero(room_paint.within(x, y, room.PICTURE) > 0.5)[0]
    wall[framed] = room_paint.picture(x[framed], y[framed], lit[framed])
    opening = np.nonzero(room_paint.within(x, y, room.WINDOW) > 0.5)[0]
    wall[opening] = room_outdoors.window(met.of(opening), lit[opening])
    return wall
