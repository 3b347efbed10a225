"""The rows of one image from expected electrons to DN and masks, compiled."""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import compiled
from isp.core.kernels.philox import philox_row
from isp.core.kernels.poisson_row import ROW, poisson_row
from simulate.fused.photosite_row import convert_row, noise_row, rate_row

SPARE = 8  # words of the blocks that a row only partly takes


@compiled
@no_type_check
def capture_rows(
    expected, gain, dark_map, offset, rows_e, columns_e, column_gain, black,
    first, last, origin_y, origin_x,
    key0, key1, frame, item, shot_stream, read_stream,
    dark_time, dark_e, cap, well, law, scale, shape, noise_is_gained, system_gain, top, limit,
    a, c0, low, high, dn, measured, clipped,
):  # fmt: skip
    """Rows first..last of an image; True when every rate is a number >= 0.

    expected, dn, measured, clipped: (h, w). gain, dark_map, offset: (h, w), or (h, 0) for none.
    rows_e: (h,); columns_e, column_gain: (w,). black: (period, w), row y takes y mod period.
    """
    width = expected.shape[1]
    period = black.shape[0]
    rate, counts = np.empty(ROW, np.float32), np.empty(ROW, np.float32)
    noise, work = np.empty(ROW, np.float32), np.empty((6, ROW), np.float32)
    doubtful = np.empty(ROW, np.bool_)
    shot_words = np.empty(ROW + SPARE, np.uint32)
    read_words = np.empty(ROW + SPARE, np.uint32)
    sound = True
    for y in range(first, last):
        line = (origin_y + y) << 16
        for x in range(0, width, ROW):
            n = min(ROW, width - x)
            end = x + n
            block = (origin_x + x) // 4
            skip = (origin_x + x) - 4 * block
            blocks = (skip + n + 3) // 4
            philox_row(line | block, frame, shot_stream, item, key0, key1, blocks, shot_words)
            philox_row(line | block, frame, read_stream, item, key0, key1, blocks, read_words)
            sound &= rate_row(
                expected[y, x:end], gain[y, x:end], dark_map[y, x:end], dark_time, dark_e, cap, n,
                rate,
            )  # fmt: skip
            poisson_row(rate, shot_words[skip:], n, counts, doubtful, work, a, c0, low, high)
            noise_row(read_words[skip:], law, scale, shape, rows_e[y], columns_e[x:end], n, noise)
            convert_row(
                counts, well, offset[y, x:end], noise, column_gain[x:end], noise_is_gained,
                system_gain, black[y % period, x:end], top, limit, n,
                dn[y, x:end], measured[y, x:end], clipped[y, x:end],
            )  # fmt: skip
    return sound
