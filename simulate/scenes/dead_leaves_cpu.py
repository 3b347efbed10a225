"""Lay discs on a picture from the top down, compiled for the CPU.

Each pixel holds 8 x 8 places as the bits of one 64-bit word, set while nothing covers them.
"""

from typing import Final, no_type_check

import numpy as np

from isp.core.kernels.compiled import compiled

WHOLE: Final = 0xFFFFFFFFFFFFFFFF

# compiled stands above no_type_check, so that run-time shape checks leave the kernels alone.


@compiled
@no_type_check
def _bits(word):
    """Number of set bits of a 64-bit word (Warren, Hacker's Delight, section 5-1)."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
@no_type_check
def lay(free, sums, across, down, radius, share):
    """Lay the next discs under what lies there; returns how many places they newly cover.

    free: (h, w) uint64, a bit for each place not yet covered. sums: (h, w, 3), colour shares
    summed over covered places. Both are changed. across, down, radius: (n,) pixels. share: (n, 3).
    """
    height, width = free.shape
    one = np.uint64(1)
    starts = np.empty(8, dtype=np.int64)
    ends = np.empty(8, dtype=np.int64)
    covered = 0
    for leaf in range(len(across)):
        x, y, r = across[leaf], down[leaf], radius[leaf]
        top, bottom = max(0, int(np.floor(y - r))), min(height - 1, int(np.floor(y + r)))
        for row in range(top, bottom + 1):
            low, high = np.int64(1) << 60, -(np.int64(1) << 60)  # columns that any place needs
            all_from, all_to = high, low  # places that every line of the row covers
            for line in range(8):
                away = row + (line + 0.5) / 8 - y
                square = r * r - away * away
                if square > 0:
                    half = np.sqrt(square)
                    # Place k of the line lies at (k + 0.5) / 8.
                    starts[line] = np.int64(np.ceil(8 * (x - half) - 0.5))
                    ends[line] = np.int64(np.floor(8 * (x + half) - 0.5)) + 1
                else:
                    starts[line], ends[line] = 0, 0
                if ends[line] > starts[line]:
                    low, high = min(low, starts[line]), max(high, ends[line])
                all_from, all_to = max(all_from, starts[line]), min(all_to, ends[line])
            first, last = max(0, low // 8), min(width - 1, (high - 1) // 8)
            for column in range(first, last + 1):
                open_places = free[row, column]
                if open_places == 0:
                    continue
                begin = 8 * column
                if all_from <= begin and all_to >= begin + 8:
                    hit = open_places
                else:
                    disc = np.uint64(0)
                    for line in range(8):
                        a = max(starts[line] - begin, 0)
                        b = min(ends[line] - begin, 8)
                        if b > a:
                            part = ((one << np.uint64(b)) - one) ^ ((one << np.uint64(a)) - one)
                            disc |= part << np.uint64(8 * line)
                    hit = open_places & disc
                    if hit == 0:
                        continue
                count = _bits(hit)
                free[row, column] = open_places & ~hit
                covered += count
                for channel in range(3):
                    sums[row, column, channel] += count * share[leaf, channel]
    return covered
