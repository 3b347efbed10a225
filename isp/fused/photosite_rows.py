"""A row of a mosaic with its margins, balanced, corrected and cut, compiled."""

from typing import no_type_check

from isp.core.kernels.compiled import approximate, compiled
from isp.fused.mosaic_rows import I, balance, magnitude


@approximate
@no_type_check
def balance_row(row, black, scale, start, n, balanced):
    """Those of n columns from `start` (may be below 0) on that exist; their largest `magnitude`.

    black, scale: of each of the n columns, whether it exists or not.
    """
    low, high = max(-start, 0), min(row.size - start, n)
    existing, out = row[start + low :], balanced[low:]
    black, scale = black[low:], scale[low:]
    worst = I(0)
    for i in range(high - low):
        value = balance(existing[i], black[i], scale[i])
        out[i] = value
        worst = max(worst, magnitude(value))
    return worst


@compiled
@no_type_check
def put_row(columns, values, first, last, start, n, balanced):
    """Put the corrected values first..last - 1 in the place of the defects."""
    for i in range(first, last):
        k = columns[i] - start
        if 0 <= k < n:
            balanced[k] = values[i]


@compiled
@no_type_check
def cut_row(near, level, n, balanced):
    """Cut photosites near clipped ones to a level."""
    for k in range(n):
        if near[k] != 0:
            balanced[k] = min(balanced[k], level)


@compiled
@no_type_check
def continue_row(column_of, halo, width, start, n, balanced):
    """Fill the columns outside the image from those inside that `column_of` (-halo..) names."""
    for k in range(min(-start, n)):
        balanced[k] = balanced[column_of[start + k + halo] - start]
    for k in range(max(width - start, 0), n):
        balanced[k] = balanced[column_of[start + k + halo] - start]
