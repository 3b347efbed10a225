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
        source, target = mask[row_of[y]], loaded[y]
        for x in range(width):
            target[HALO + x] = source[x] ^ flip
            some |= target[HALO + x]
        for x in range(HALO):
            target[x] = target[HALO + column_of[x]]
            target[HALO + width + x] = target[HALO + column_of[HALO + width + x]]
    return some


@compiled
@no_type_check
def touch(planes, rows):
    """What rests on the first plane: in the fourth the differences, in the last all beside them."""
    mask, wide, thin, decided, reached = planes[0], planes[1], planes[2], planes[3], planes[4]
    side = mask.shape[1]
    for y in range(rows):
        for x in range(1, side - 1):
            thin[y, x] = mask[y, x - 1] | mask[y, x] | mask[y, x + 1]
        for x in range(FAR, side - FAR):
            wide[y, x] = thin[y, x - 4] | thin[y, x - 1] | thin[y, x + 2] | thin[y, x + 4]
    for y in range(FAR, rows - FAR):
        for x in range(FAR, side - FAR):
            decided[y, x] = wide[y - 1, x] | wide[y, x] | wide[y + 1, x]
        for k in range(-FAR, FAR + 1):
            for x in range(FAR, side - FAR):
                decided[y, x] |= thin[y + k, x]
    for y in range(FAR + 3, rows - FAR - 3):
        for x in range(FAR + 3, side - FAR - 3):
            near = decided[y - 1, x - 1] | decided[y - 1, x + 1]
            near |= decided[y + 1, x - 1] | decided[y + 1, x + 1]
            near |= decided[y - 1, x - 3] | decided[y - 1, x + 3]
            near |= decided[y + 1, x - 3] | decided[y + 1, x + 3]
            near |= decided[y - 3, x - 1] | decided[y - 3, x + 1]
            near |= decided[y + 3, x - 1] | decided[y + 3, x + 1]
            reached[y, x] = near | decided[y, x]


@compiled
@no_type_check
def join(decided, reached, parity, flip, rows, result):
    """The three colours of each pixel. parity: 1 where the first row begins with green."""
    for y in range(rows - 2 * HALO):
        here, row = result[y], y + HALO
        for x in range(here.size):
            at = x + HALO
            if (x + y + parity) & 1:
                spoilt = decided[row, at] | reached[row - 1, at] | reached[row + 1, at]
                spoilt |= reached[row, at - 1] | reached[row, at + 1]
            else:
                spoilt = reached[row, at]
            here[x] = spoilt ^ flip
