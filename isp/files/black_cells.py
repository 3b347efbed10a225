"""Black levels on the period of the colour filters, whatever period a file used for them."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def sites_and_surplus(
    pattern: Sequence[Sequence[str]], black: Sequence[Sequence[float]]
) -> tuple[list[float], np.ndarray | None]:
    """Return one black level per site of the pattern, and what a cell of another period adds.

    The pattern stays as it is: a level is the mean over the places that its site takes in the
    cell, and the surplus, which repeats over the picture from its corner, has the mean 0 at each
    site. None where the levels say it all.

    >>> sites_and_surplus([["R", "G"], ["G", "B"]], [[64.0, 65.0]])
    ([64.0, 65.0, 64.0, 65.0], None)
    >>> levels, surplus = sites_and_surplus([["Y"]], [[60.0, 61.0]])
    >>> levels, surplus.tolist()
    ([60.5], [[-0.5, 0.5]])
    """
    black = _smallest(black)
    p, q = len(pattern), len(pattern[0])
    rows, columns = math.lcm(p, len(black)), math.lcm(q, len(black[0]))
    whole = np.tile(
        np.asarray(black, dtype=np.float64), (rows // len(black), columns // len(black[0]))
    )
    levels = whole.reshape(rows // p, p, columns // q, q).mean(axis=(0, 2))
    if (rows, columns) == (p, q):
        return levels.ravel().tolist(), None
    return levels.ravel().tolist(), whole - np.tile(levels, (rows // p, columns // q))


def surplus_map(
    size: tuple[int, int],
    cell: np.ndarray | None,
    across: np.ndarray | None,
    down: np.ndarray | None,
) -> tuple[np.ndarray, float]:
    """Return the black of each photosite beyond its site's level, DN (h, w), and the deltas' mean.

    cell: surplus of `sites_and_surplus`. across, down: BlackLevelDeltaH per column and V per row,
        whose mean belongs to the levels.

    Source: DNG 1.7.1, BlackLevelRepeatDim, BlackLevelDeltaH, BlackLevelDeltaV.

    >>> surplus_map((1, 4), np.array([[-0.5, 0.5]]), None, np.array([2.0]))
    (array([[-0.5,  0.5, -0.5,  0.5]]), 2.0)
    """
    surplus, mean = np.zeros(size), 0.0
    if cell is not None:
        down_times, across_times = (-(-n // m) for n, m in zip(size, cell.shape, strict=True))
        surplus += np.tile(cell, (down_times, across_times))[: size[0], : size[1]]
    for deltas, axis in ((across, 0), (down, 1)):
        if deltas is not None and deltas.size:
            surplus += np.expand_dims(deltas - deltas.mean(), axis)
            mean += float(deltas.mean())
    return surplus, mean


def cut_to_origin(pattern: Sequence[Sequence[str]], top: int, left: int) -> list[list[str]]:
    """Return the pattern as seen from row `top`, column `left`.

    >>> cut_to_origin([["R", "G"], ["G", "B"]], 3, 2)
    [['G', 'B'], ['R', 'G']]
    """
    rows, columns = len(pattern), len(pattern[0])
    return [[_at(pattern, i + top, j + left) for j in range(columns)] for i in range(rows)]


def _smallest(cell: Sequence[Sequence[T]]) -> Sequence[Sequence[T]]:
    """Cut a cell to the smallest period it repeats with."""
    rows, columns = len(cell), len(cell[0])
    for height in (d for d in range(1, rows + 1) if rows % d == 0):
        for width in (d for d in range(1, columns + 1) if columns % d == 0):
            small = [list(row[:width]) for row in cell[:height]]
            if all(_at(small, i, j) == cell[i][j] for i in range(rows) for j in range(columns)):
                return small
    return cell


def _at(cell: Sequence[Sequence[T]], row: int, column: int) -> T:
    return cell[row % len(cell)][column % len(cell[0])]
