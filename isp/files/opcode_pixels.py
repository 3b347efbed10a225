"""DNG opcodes carried out on pixels (h, w, planes); geometry (the warps) is a stage's work."""

from collections.abc import Callable, Iterable

import numpy as np

from isp.files.opcode_parameters import (
    Area,
    BadConstant,
    BadList,
    GainMap,
    MapPolynomial,
    MapTable,
    Parameters,
    PerLine,
    Vignette,
)

LARGEST = 65535  # what 1.0 is in a table of 16 bits
DIAGONAL = ((-1, -1), (-1, 1), (1, -1), (1, 1))  # the nearest photosites of the same green
STRAIGHT = ((-2, 0), (2, 0), (0, -2), (0, 2))  # the nearest of the same red or blue
BESIDE = ((-1, 0), (1, 0), (0, -1), (0, 1))  # of a monochrome sensor
MOST_ROUNDS = 64  # of filling a cluster of bad photosites from its rim


def apply_opcode(
    pixels: np.ndarray, parameters: Parameters, list_number: int, *, is_bayer: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return new pixels, and where photosites were bad (h, w) for the two opcodes that mend them.

    pixels: (h, w, planes). In list 1 values as stored; in lists 2 and 3 linear, white at 1.
    Nothing is clipped: values below 0 and above 1 go through as they are, where Adobe's reader
    would cut them. Tables cannot hold such values and give their first and last entry.
    A constant added per row or column (DeltaPerRow, DeltaPerColumn) and a polynomial are in the
    unit of the pixels.

    Source: DNG 1.7.1, chapter 7.
    """
    pixels = pixels.astype(np.float64)
    return _applied(pixels, parameters, list_number, is_bayer=is_bayer)


def apply_in_turn(
    pixels: np.ndarray, runs: Iterable[Parameters], list_number: int, *, is_bayer: bool = True
) -> np.ndarray:
    """Return new pixels after several opcodes, as `apply_opcode` does each, with one copy."""
    pixels = pixels.astype(np.float64)
    for parameters in runs:
        pixels, _ = _applied(pixels, parameters, list_number, is_bayer=is_bayer)
    return pixels


def _applied(
    pixels: np.ndarray, parameters: Parameters, list_number: int, *, is_bayer: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """`apply_opcode` on pixels that may be written into."""
    match parameters:
        case BadConstant():
            bad = pixels[..., 0] == parameters.constant
            return _mended(pixels, bad, parameters.phase, is_bayer), bad
        case BadList():
            bad = listed(parameters, pixels.shape[:2])
            return _mended(pixels, bad, parameters.phase, is_bayer), bad
        case MapTable():
            scale = 1 if list_number == 1 else LARGEST
            _change(pixels, parameters.area, lambda x: _through(parameters.table, x, scale))
        case MapPolynomial():
            rising = parameters.coefficients[::-1]
            _change(pixels, parameters.area, lambda x: np.polyval(rising, x))
        case GainMap():
            _amplify(pixels, parameters)
        case PerLine():
            _per_line(pixels, parameters)
        case Vignette():
            pixels *= vignette_gain(parameters, *pixels.shape[:2])[..., None]
    return pixels, None


def vignette_gain(vignette: Vignette, height: int, width: int) -> np.ndarray:
    """Return 1 + k0 r^2 + ... + k4 r^10, (h, w); r = 1 at the corner farthest from the centre.

    Source: DNG 1.7.1, FixVignetteRadial.
    """
    x, y = vignette.centre[0] * (width - 1), vignette.centre[1] * (height - 1)
    down, across = np.arange(height) - y, np.arange(width) - x
    farthest = max(y, height - 1 - y) ** 2 + max(x, width - 1 - x) ** 2
    squared = (down[:, None] ** 2 + across[None, :] ** 2) / max(farthest, 1e-12)
    return np.asarray(np.polyval([*vignette.coefficients[::-1], 1.0], squared))


def map_places(
    size: int, pitch: slice, spacing: float, origin: float, points: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each line the map point before it, the one behind, and the share of the latter.

    Linear between points, the edge outside. As long as the lines, whatever the map is: a hostile
    one may have millions of points.

    Source: DNG 1.7.1, GainMap: a photosite lies at (index + 1/2) / size.
    """
    place = (np.arange(size)[pitch] + 0.5) / size
    index = np.clip((place - origin) / spacing, 0, points - 1)
    before = np.floor(index).astype(np.int64)
    return before, np.minimum(before + 1, points - 1), index - before


def _amplify(pixels: np.ndarray, gain_map: GainMap) -> None:
    height, width = pixels.shape[:2]
    rows, columns = gain_map.area.cut(height, width)
    points_down, points_across, planes = gain_map.gains.shape
    above, below, v = map_places(height, rows, gain_map.spacing[0], gain_map.origin[0], points_down)
    left, right, u = map_places(
        width, columns, gain_map.spacing[1], gain_map.origin[1], points_across
    )
    for plane in _planes(gain_map.area, pixels):
        gains = gain_map.gains[..., min(plane, planes - 1)]
        top = gains[np.ix_(above, left)] * (1 - u) + gains[np.ix_(above, right)] * u
        bottom = gains[np.ix_(below, left)] * (1 - u) + gains[np.ix_(below, right)] * u
        pixels[rows, columns, plane] *= top * (1 - v[:, None]) + bottom * v[:, None]


def _per_line(pixels: np.ndarray, lines: PerLine) -> None:
    rows, columns = lines.area.cut(*pixels.shape[:2])
    for plane in _planes(lines.area, pixels):
        part = pixels[rows, columns, plane]
        values = lines.values[: part.shape[0 if lines.by_rows else 1]]
        if len(values) < part.shape[0 if lines.by_rows else 1]:
            raise ValueError(f"it has {len(values)} values for {part.shape} lines and columns")
        spread = values[:, None] if lines.by_rows else values[None, :]
        pixels[rows, columns, plane] = part + spread if lines.adds else part * spread


def _change(pixels: np.ndarray, area: Area, function: Callable[[np.ndarray], np.ndarray]) -> None:
    rows, columns = area.cut(*pixels.shape[:2])
    for plane in _planes(area, pixels):
        pixels[rows, columns, plane] = function(pixels[rows, columns, plane])


def _planes(area: Area, pixels: np.ndarray) -> range:
    return range(area.plane, min(area.plane + area.planes, pixels.shape[2]))


def _through(table: np.ndarray, values: np.ndarray, scale: int) -> np.ndarray:
    index = np.clip(np.rint(values * scale), 0, len(table) - 1).astype(np.int64)
    return np.asarray(table[index] / scale)


def listed(bad: BadList, size: tuple[int, ...]) -> np.ndarray:
    """Where a list of bad photosites lies in a picture (height, width)."""
    height, width = size
    ends = np.minimum(bad.rectangles, (height, width, height, width))
    ends = ends[(ends[:, 2] > ends[:, 0]) & (ends[:, 3] > ends[:, 1])]
    where = np.zeros((height, width), dtype=bool)
    if len(ends):
        top, left, bottom, right = ends.T
        # Rectangles begin and end at their corners; the sums tell how many a photosite is in.
        edges = np.zeros((height + 1, width + 1), dtype=np.int32)
        for rows, columns, step in (
            (top, left, 1), (bottom, right, 1), (top, right, -1), (bottom, left, -1),
        ):  # fmt: skip
            np.add.at(edges, (rows, columns), step)
        for axis in (0, 1):
            np.cumsum(edges, axis=axis, dtype=np.int32, out=edges)
        where = edges[:height, :width] > 0
    inside = (bad.points < (height, width)).all(axis=1)
    where[tuple(bad.points[inside].T)] = True
    return where


def _mended(pixels: np.ndarray, bad: np.ndarray, phase: int, is_bayer: bool) -> np.ndarray:
    """Bad photosites as the mean of their sound neighbours of the same colour, rim first.

    Those that no sound neighbour reaches keep their value; all of them count as unmeasured.
    """
    values, bad = pixels[..., 0].copy(), bad.copy()
    rows, columns = np.nonzero(bad)
    for _ in range(MOST_ROUNDS):
        if not len(rows):
            break
        total, count = np.zeros(len(rows)), np.zeros(len(rows))
        # Phase 0 has red at the corner, 1 green in a red row, 2 green in a blue row, 3 blue.
        is_green = (rows + columns + phase + (phase >> 1)) % 2 == 1
        for diagonal, straight, beside in zip(DIAGONAL, STRAIGHT, BESIDE, strict=True):
            steps = np.where(is_green[:, None], diagonal, straight)
            if not is_bayer:
                steps = np.broadcast_to(beside, steps.shape)
            y, x = rows + steps[:, 0], columns + steps[:, 1]
            inside = (y >= 0) & (y < bad.shape[0]) & (x >= 0) & (x < bad.shape[1])
            y, x = np.where(inside, y, 0), np.where(inside, x, 0)
            sound = inside & ~bad[y, x]
            total += np.where(sound, values[y, x], 0)
            count += sound
        found = count > 0
        if not found.any():
            break
        values[rows[found], columns[found]] = total[found] / count[found]
        bad[rows[found], columns[found]] = False
        rows, columns = rows[~found], columns[~found]
    if pixels.shape[-1] == 1:
        return values[..., None]
    return np.concatenate([values[..., None], pixels[..., 1:]], axis=-1)
