"""The steps of `gbtf_root` on one row of photosites at a time, compiled."""

import math
from typing import no_type_check

from isp.core.kernels.compiled import inlined

FLAT = 1e-3  # as `isp.stages.demosaic.gbtf_root`


@inlined
@no_type_check
def root_row(linear, toe, root):
    """`to_root`; a copy where toe is 0."""
    n = root.size
    if toe > 0:
        base = type(toe)(math.sqrt(toe))
        for x in range(n):
            value = linear[x]
            size = math.sqrt(abs(value) + toe) - base
            root[x] = size if value >= 0 else -size  # copysign would not vectorise
    else:
        for x in range(n):
            root[x] = linear[x]


@inlined
@no_type_check
def across_row(root, sign, difference):
    """Green minus the other colour of the row; two columns at either end stay as they are."""
    half, quarter = root.dtype.type(0.5), root.dtype.type(0.25)
    for i in range(root.size - 4):
        x = i + 2  # never below 0: else each index is checked for it
        other = half * (root[x] + root[x - 1] + root[x + 1]) - quarter * (root[x - 2] + root[x + 2])
        difference[x] = sign[x] * (root[x] - other)


@inlined
@no_type_check
def down_row(above_2, above, root, below, below_2, sign, difference):
    """Green minus the other colour of the column."""
    half, quarter = root.dtype.type(0.5), root.dtype.type(0.25)
    for x in range(root.size):
        other = half * (root[x] + above[x] + below[x]) - quarter * (above_2[x] + below_2[x])
        difference[x] = sign[x] * (root[x] - other)


@inlined
@no_type_check
def across_change_row(difference, change):
    """How much the row's difference changes from left to right."""
    for i in range(difference.size - 6):
        x = i + 3  # never below 0: else each index is checked for it
        change[x] = abs(difference[x + 1] - difference[x - 1])


@inlined
@no_type_check
def down_change_row(above, below, change, summed):
    """How much the column's difference changes, and that over three columns."""
    for x in range(above.size):
        change[x] = abs(below[x] - above[x])
    for i in range(above.size - 2):
        x = i + 1  # never below 0: else each index is checked for it
        summed[x] = change[x - 1] + change[x] + change[x + 1]


@inlined
@no_type_check
def sum_row(first, second, third, total):
    """Three rows added up."""
    for x in range(total.size):
        total[x] = first[x] + second[x] + third[x]


@inlined
@no_type_check
def weigh_row(
    change_2, change_1, change, change1, change2, across_change,
    down_2, down_1, down, down1, down2, across,
    up_share, below_share, left_share, right_share, difference,
):  # fmt: skip
    """Shares of the four directions and the mean difference; 2 rows before and after are given."""
    flat, one, third = across.dtype.type(FLAT), across.dtype.type(1), across.dtype.type(1 / 3)
    for i in range(difference.size - 10):
        x = i + 5  # never below 0: else each index is checked for it
        up = max(change_2[x] + change_1[x] + change[x], flat)
        below = max(change[x] + change1[x] + change2[x], flat)
        left = max(across_change[x - 2] + across_change[x - 1] + across_change[x], flat)
        right = max(across_change[x] + across_change[x + 1] + across_change[x + 2], flat)
        up, below = one / (up * up), one / (below * below)
        left, right = one / (left * left), one / (right * right)
        whole = one / (up + below + left + right)
        up, below, left, right = up * whole, below * whole, left * whole, right * whole
        up_share[x], below_share[x], left_share[x], right_share[x] = up, below, left, right
        difference[x] = third * (
            up * (down_2[x] + down_1[x] + down[x])
            + below * (down[x] + down1[x] + down2[x])
            + left * (across[x - 2] + across[x - 1] + across[x])
            + right * (across[x] + across[x + 1] + across[x + 2])
        )


@inlined
@no_type_check
def diagonal_row(above_3, above, below, below_3, diagonal):
    """The opposite colour's difference from twelve diagonal neighbours."""
    ten, part = above.dtype.type(10), above.dtype.type(1 / 32)
    for i in range(diagonal.size - 16):
        x = i + 8  # never below 0: else each index is checked for it
        near = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1]
        wide = above[x - 3] + above[x + 3] + below[x - 3] + below[x + 3]
        tall = above_3[x - 1] + above_3[x + 1] + below_3[x - 1] + below_3[x + 1]
        diagonal[x] = part * (ten * near - wide - tall)


@inlined
@no_type_check
def colour_row(
    linear, root, sign, toe, up_share, below_share, left_share, right_share,
    difference_1, difference, difference1, diagonal_1, diagonal, diagonal1,
    own, green, opposite,
):  # fmt: skip
    """The colours of a row: that of its photosites beside green, green, and the opposite one.

    Inputs begin 9 photosites before the outputs.
    """
    base = root.dtype.type(2 * math.sqrt(toe))
    for i in range(green.size):
        x = i + 9
        value, light = root[x], linear[x]
        up, below, left, right = up_share[x], below_share[x], left_share[x], right_share[x]
        own_apart = (
            left * difference[x - 1] + right * difference[x + 1]
            + up * diagonal_1[x] + below * diagonal1[x]
        )  # fmt: skip
        far_apart = (
            left * diagonal[x - 1] + right * diagonal[x + 1]
            + up * difference_1[x] + below * difference1[x]
        )  # fmt: skip
        at_green = sign[x] > 0
        green_root = value + difference[x]
        own_root = value - own_apart
        far_root = value - far_apart if at_green else green_root - diagonal[x]
        if toe > 0:
            green_root *= abs(green_root) + base
            own_root *= abs(own_root) + base
            far_root *= abs(far_root) + base
        green[i] = light if at_green else green_root
        own[i] = own_root if at_green else light
        opposite[i] = far_root
