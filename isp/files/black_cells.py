"""Black levels and colour filters on one common period, whatever periods a file used."""

import math
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def on_one_period(
    pattern: Sequence[Sequence[str]], black: Sequence[Sequence[float]]
) -> tuple[list[list[str]], list[float]]:
    """Return the pattern and one black level per site of it, row-major.

    A black cell larger than the pattern enlarges the pattern by whole periods, unless its
    values repeat within a smaller one.

    >>> on_one_period([["R", "G"], ["G", "B"]], [[64.5]])
    ([['R', 'G'], ['G', 'B']], [64.5, 64.5, 64.5, 64.5])
    >>> pattern, levels = on_one_period([["Y"]], [[60.0, 61.0]])
    >>> pattern, levels
    ([['Y', 'Y']], [60.0, 61.0])
    """
    black = _smallest(black)
    rows = math.lcm(len(pattern), len(black))
    columns = math.lcm(len(pattern[0]), len(black[0]))
    cells = [(i, j) for i in range(rows) for j in range(columns)]
    names = [[_at(pattern, i, j) for j in range(columns)] for i in range(rows)]
    return names, [float(_at(black, i, j)) for i, j in cells]


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
