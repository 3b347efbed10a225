"""Masks after demosaicing, compiled: each photosite spoils a diamond of radius 2.

A pixel of three colours rests on its own photosite, those up to two steps along both axes and
those one step along each diagonal, whatever the colour in front of it: the union of the supports
of `isp.stages.demosaic.malvar2004.KERNELS` at any site.
"""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import compiled
from isp.fused.borders import MARGIN

REACH = 2


@compiled
@no_type_check
def spread_rows(mask, spoils, row_of, column_of, first, last, result):
    """Rows first..last - 1 of a mask after demosaicing.

    mask, result: bytes 0 or 1, (h, w). spoils: which of them spreads.
    row_of, column_of: the photosites of -2..h + 1 and -3..w + 2.
    """
    width = mask.shape[1]
    flip = np.uint8(1 - spoils)  # inside, 1 is what spreads
    far = np.zeros(width + 2 * REACH, np.uint8)
    near, own = far.copy(), far.copy()
    for y in range(first, last):
        some = join(mask[row_of[y]], mask[row_of[y + 4]], flip, column_of, far)
        some |= join(mask[row_of[y + 1]], mask[row_of[y + 3]], flip, column_of, near)
        some |= join(mask[y], mask[y], flip, column_of, own)
        if some:
            widen(far, near, own, flip, width, result[y])
        else:
            result[y] = flip


@compiled
@no_type_check
def join(row, other, flip, column_of, joined):
    """Two rows in one, with a margin of REACH; whether anything is set."""
    width = row.size
    some = np.uint8(0)
    for x in range(width):
        joined[REACH + x] = (row[x] ^ flip) | (other[x] ^ flip)
        some |= joined[REACH + x]
    for x in range(1, REACH + 1):
        joined[REACH - x] = joined[REACH + column_of[MARGIN - x]]
        joined[REACH + width - 1 + x] = joined[REACH + column_of[MARGIN + width - 1 + x]]
    return some


@compiled
@no_type_check
def widen(far, near, own, flip, width, result):
    """The diamond: one photosite two rows away, three in the next row, five in this one."""
    for x in range(width):
        spoilt = far[x + 2] | near[x + 1] | near[x + 2] | near[x + 3]
        spoilt |= own[x] | own[x + 1] | own[x + 2] | own[x + 3] | own[x + 4]
        result[x] = spoilt ^ flip
