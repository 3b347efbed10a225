"""Masks after `gbtf_root` and the colour matrix, compiled: what each photosite spoils.

The set of `isp.stages.demosaic.gbtf_root` for the three colours, joined: at a red or blue
photosite the differences beside it and those of its diagonals, at a green one what its four
neighbours rest on.
"""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import compiled

HALO = 9  # as `isp.stages.demosaic.gbtf_root`
FAR = 5  # how far a difference sees along its line; one beside it
STRIP = 32  # rows at a time


@compiled
@no_type_check
def spread_rows(mask, spoils, row_of, column_of, shift, first, last, result):
    """Rows first..last - 1 of a mask after demosaicing.

    mask, result: bytes 0 or 1, (h, w). spoils: which of them spreads. shift: 1 when even rows
    begin with green. row_of, column_of: the photosites of -9..h + 8 and -9..w + 8.
    """
    width = mask.shape[1]
    flip = np.uint8(1 - spoils)  # inside, 1 is what spreads
    planes = np.zeros((5, STRIP + 2 * HALO, width + 2 * HALO), np.uint8)
    for top in range(first, last, STRIP):
        rows = min(STRIP, last - top) + 2 * HALO
        if load(mask, flip, row_of[top:], column_of, rows, planes[0]):
            touch(planes, rows)
            parity = (top + shift) & 1
            join(planes[3], planes[4], parity, flip, rows, result[top:])
        else:
            for y in range(top, min(top + STRIP, last)):
                result[y] = flip


@compiled
@no_type_check
def load(mask, flip, row_of, column_of, rows, loaded):
    """Rows of a mask with a margin on each side; whether anything is set in them."""
    width = mask.shape[1]
    some = np.uint8(0)
    for y in range(rows):
        target = loaded[y]
        some |= flip_row(mask[row_of[y]], flip, target[HALO:])
        for x in range(HALO):
            target[x] = target[HALO + column_of[x]]
            target[HALO + width + x] = target[HALO + column_of[HALO + width + x]]
    return some


@compiled
@no_type_check
def flip_row(row, flip, flipped):
    """A row with 1 where something spreads; whether anything does."""
    some = np.uint8(0)
    for x in range(row.size):
        flipped[x] = row[x] ^ flip
        some |= flipped[x]
    return some


@compiled
@no_type_check
def touch(planes, rows):
    """What rests on the first plane: in the fourth the differences, in the last all beside them."""
    mask, wide, thin, decided, reached = planes[0], planes[1], planes[2], planes[3], planes[4]
    n = mask.shape[1]
    for y in range(rows):
        or_three(mask[y], mask[y, 1:], mask[y, 2:], n - 2, thin[y, 1:])
        row = thin[y]  # FAR to either side, in threes
        or_four(row[1:], row[4:], row[7:], row[9:], n - 2 * FAR, wide[y, FAR:])
    for y in range(FAR, rows - FAR):
        or_three(wide[y - 1], wide[y], wide[y + 1], n, decided[y])
        for k in range(-FAR, FAR + 1):
            or_row(thin[y + k], n, decided[y])
    for y in range(FAR + 3, rows - FAR - 3):
        reached[y] = decided[y]
        target, m = reached[y, 3:], n - 6
        for k in (-1, 1):
            row = decided[y + k]
            or_row(row, m, target)
            or_row(row[2:], m, target)
            or_row(row[4:], m, target)
            or_row(row[6:], m, target)
            row = decided[y + 3 * k]
            or_row(row[2:], m, target)
            or_row(row[4:], m, target)


@compiled
@no_type_check
def or_row(row, n, joined):
    """Join n bytes to others, in place."""
    for x in range(n):
        joined[x] |= row[x]


@compiled
@no_type_check
def or_three(first, second, third, n, joined):
    """Bytes of three rows joined."""
    for x in range(n):
        joined[x] = first[x] | second[x] | third[x]


@compiled
@no_type_check
def or_four(first, second, third, fourth, n, joined):
    """Bytes of four rows joined."""
    for x in range(n):
        joined[x] = first[x] | second[x] | third[x] | fourth[x]


@compiled
@no_type_check
def join(decided, reached, parity, flip, rows, result):
    """The three colours of each pixel. parity: 1 where the first row begins with green."""
    green = np.zeros(decided.shape[1], np.uint8)
    for y in range(rows - 2 * HALO):
        row, width = y + HALO, result.shape[1]
        here, above, below = reached[row], reached[row - 1], reached[row + 1]
        or_four(
            here[HALO - 1 :], here[HALO + 1 :], above[HALO:], below[HALO:], width, green
        )  # fmt: skip
        or_row(decided[row, HALO:], width, green)
        choose(green, here[HALO:], (y + parity) & 1, flip, result[y])


@compiled
@no_type_check
def choose(green, other, first_is_green, flip, result):
    """Of each second photosite what green ones rest on, of the others what these do."""
    for x in range(result.size):
        spoilt = green[x] if (x + first_is_green) & 1 else other[x]
        result[x] = spoilt ^ flip
