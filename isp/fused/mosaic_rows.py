"""Rows of a mosaic as two planes of every other photosite, balanced and with margins, compiled.

A strip of columns is worked on at a time. Its planes lie in one flat buffer, so that the compiler
sees constant distances between everything it reads and vectorises: `ROWS` rows of `LENGTH` of the
first photosites of each pair, then of the second. Each row is kept twice, `WINDOW` rows apart, so
that any five rows in turn lie one after another.
"""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import approximate, compiled, inlined
from isp.core.kernels.functions import bits_of
from isp.fused.borders import MARGIN

F, I = np.float32, np.int32  # noqa: E741 -- the widths are the point of these loops

STRIP = 1024  # columns at most: the planes of a strip stay in the second cache
PAIRS = STRIP // 2 + 8  # of photosites in a strip, its margins aside
LENGTH = PAIRS + 8
WINDOW = 5  # rows that a 5 x 5 kernel sees
SECOND = 2 * WINDOW * LENGTH  # where the planes of the second photosites begin
BUFFER = 2 * SECOND
# Beyond a thousand times white, float32 sums in another order would show: the stages take over.
LARGEST = F(1000)
LARGEST_BITS = int(LARGEST.view(I))


@inlined
@no_type_check
def balance(dn, black, scale):
    """A photosite in the mosaic's domain, white-balanced."""
    return (F(dn) - black) * scale


@inlined
@no_type_check
def magnitude(value):
    """A number that orders values by size, with infinity and what is no number above all."""
    return I(bits_of(value) & I(0x7FFFFFFF))


@approximate
@no_type_check
def load_pairs(row, black, scale, n, planes):
    """The first n pairs of `row` into both planes; the largest `magnitude` of all.

    black, scale: of the first and of the second photosite.
    """
    black_1, black_2, scale_1, scale_2 = black[0], black[1], scale[0], scale[1]
    worst = I(0)
    for i in range(n):
        first = balance(row[2 * i], black_1, scale_1)
        second = balance(row[2 * i + 1], black_2, scale_2)
        planes[i] = first
        planes[SECOND + i] = second
        worst = max(worst, magnitude(first), magnitude(second))
    return worst


@compiled
@no_type_check
def place_of(k):
    """Where the k-th column of a row lies in its planes."""
    return (k >> 1) + (k & 1) * SECOND


@compiled
@no_type_check
def load_row(row, black, scale, start, pairs, planes):
    """The columns of `row` that lie in `pairs` pairs from column `start` (may be below 0) on."""
    width = row.size
    low = (max(-start, 0) + 1) >> 1  # the pairs low..high - 1 lie inside as a whole
    high = max(min(pairs, (width - start) >> 1), low)
    worst = load_pairs(row[start + 2 * low :], black, scale, high - low, planes[low:])
    for k in (2 * low - 1, 2 * high):  # and half a pair at each end may
        if 0 <= k < 2 * pairs and 0 <= start + k < width:
            value = balance(row[start + k], black[k & 1], scale[k & 1])
            planes[place_of(k)] = value
            worst = max(worst, magnitude(value))
    return worst


@compiled
@no_type_check
def correct_row(columns, values, first, last, start, pairs, planes):
    """Put the corrected values first..last - 1 in the place of the defects."""
    for i in range(first, last):
        k = columns[i] - start
        if 0 <= k < 2 * pairs:
            planes[place_of(k)] = values[i]


@compiled
@no_type_check
def mirror_row(column_of, width, start, pairs, planes):
    """Fill the columns that lie outside the image from those inside that `column_of` names."""
    for k in range(min(-start, 2 * pairs)):
        planes[place_of(k)] = planes[place_of(column_of[start + k + MARGIN] - start)]
    for k in range(max(width - start, 0), 2 * pairs):
        planes[place_of(k)] = planes[place_of(column_of[start + k + MARGIN] - start)]


@compiled
@no_type_check
def near_row(clipped, y, start, pairs, joined, near):
    """Which columns of row y have a clipped photosite within 1; False where none has.

    clipped: (h, w) bytes. joined, near: bytes, two for each pair and two more; near is written
    from column `start` on.
    """
    height, width = clipped.shape
    low, high = max(start, 0), min(start + 2 * pairs, width)
    n = high - low
    above, row, below = clipped[max(y - 1, 0)], clipped[y], clipped[min(y + 1, height - 1)]
    some = or_rows(above[low:], row[low:], below[low:], n, joined[1:])
    joined[0] = above[low - 1] | row[low - 1] | below[low - 1] if low > 0 else 0
    joined[n + 1] = above[high] | row[high] | below[high] if high < width else 0
    if some | joined[0] | joined[n + 1] == 0:
        return False
    near[: 2 * pairs] = 0
    or_beside(joined, n, near[low - start :])
    return True


@compiled
@no_type_check
def or_rows(above, row, below, n, joined):
    """Bytes of three rows joined; whether any is set."""
    some = np.uint8(0)
    for i in range(n):
        joined[i] = above[i] | row[i] | below[i]
        some |= joined[i]
    return some


@compiled
@no_type_check
def or_beside(joined, n, near):
    """Bytes joined with their neighbours: near[i] has joined[i], [i + 1] and [i + 2]."""
    for i in range(n):
        near[i] = joined[i] | joined[i + 1] | joined[i + 2]


@compiled
@no_type_check
def limit_row(near, level, pairs, planes):
    """Cut photosites near clipped ones to a level."""
    for i in range(pairs):
        if near[2 * i] != 0:
            planes[i] = min(planes[i], level)
        if near[2 * i + 1] != 0:
            planes[SECOND + i] = min(planes[SECOND + i], level)


@compiled
@no_type_check
def keep_twice(pairs, planes):
    """Write a row into its other place, WINDOW rows on."""
    for i in range(pairs):
        planes[WINDOW * LENGTH + i] = planes[i]
        planes[SECOND + WINDOW * LENGTH + i] = planes[SECOND + i]
