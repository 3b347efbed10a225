"""The rows of one image from DN to codes or floats, by way of `gbtf_root`, compiled.

A tile of columns is worked on at a time, row after row; of each step no more rows are kept than
the steps after it see, so that a frame of any size takes the same room.
"""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import approximate
from isp.fused.colour_rows import code_row, encode_row, tone_row
from isp.fused.gbtf_root_rows import (
    across_change_row,
    across_row,
    colour_row,
    diagonal_row,
    down_change_row,
    down_row,
    root_row,
    sum_row,
    weigh_row,
)
from isp.fused.interleaving import lay_codes, lay_plane
from isp.fused.malvar_rows import GREEN, SIZE
from isp.fused.mosaic_rows import LARGEST_BITS, near_row
from isp.fused.photosite_rows import balance_row, continue_row, cut_row, put_row

HALO = 9  # as `isp.stages.demosaic.gbtf_root`
COLUMNS = 1024  # a tile's rows in flight, about seventy of them, stay in a core's own cache
RING, KEPT = 8, 16  # rows kept of each step, and of the mosaic; powers of 2


@approximate
@no_type_check
def render_rows(
    dn, clipped, row_of, column_of, defect_rows, defect_columns, defect_values,
    black, scale, level, toe, shift, first, last,
    tone, matrix, last_matrix, tone_numbers, curve, top, out,
):  # fmt: skip
    """Rows first..last - 1 of an image; True when no value was strange, else `out` is no result.

    dn: (h, w), float32 or integers. clipped: bytes, (h, w), or (h, 0) where none is.
    row_of, column_of: the photosites of -9..h + 8 and -9..w + 8.
    defect_rows: (h + 1,), where each row's defects begin in defect_columns and defect_values.
    black, scale: (2, 2), DN and mosaic per DN of each site.
    level: what near-clipped photosites are cut to. toe: of the root; 0 for linear light.
    shift: 1 when even rows begin with green. top: largest code; 0 for floats.
    out: (h, 3 w) codes, or (3, h, w) float32.
    """
    width = dn.shape[1]
    side = COLUMNS + 2 * HALO
    lines, roots = np.zeros((2, KEPT, side), np.float32)
    across, across_change, beside_change = np.zeros((3, RING, side), np.float32)
    down, summed_change, difference, diagonal = np.zeros((4, RING, side), np.float32)
    shares = np.zeros((4, RING, side), np.float32)
    change = np.zeros(side, np.float32)
    joined, near = np.zeros(side + 3, np.uint8), np.zeros(side + 3, np.uint8)
    rgb, codes = np.zeros(SIZE, np.float32), np.zeros(SIZE, out.dtype)
    signs, blacks, scales = np.empty((3, 2, side), np.float32)
    for y in range(2):
        for x in range(side):  # tiles begin in even columns, so their margins in odd ones
            signs[y, x] = 1 if (y + x + shift) & 1 else -1
            blacks[y, x], scales[y, x] = black[y, (x + HALO) & 1], scale[y, (x + HALO) & 1]
    worst = np.int32(0)
    for left in range(0, width, COLUMNS):
        n, start = min(COLUMNS, width - left) + 2 * HALO, left - HALO
        for t in range(first, last + 2 * HALO):  # the row t - HALO of the image is read
            y = row_of[t]
            linear, root = lines[t % KEPT, :n], roots[t % KEPT, :n]
            worst = max(
                worst, balance_row(dn[y], blacks[y & 1], scales[y & 1], start, n, linear)
            )  # fmt: skip
            put_row(
                defect_columns, defect_values, defect_rows[y], defect_rows[y + 1], start, n, linear
            )
            if clipped.shape[1] > 0 and near_row(clipped, y, start, (n + 1) // 2, joined, near):
                cut_row(near, level, n, linear)
            continue_row(column_of, HALO, width, start, n, linear)
            root_row(linear, toe, root)
            across_row(root, signs[t % 2], across[t % RING, :n])
            across_change_row(across[t % RING, :n], across_change[t % RING, :n])
            if t >= first + 2:
                sum_row(
                    across_change[(t - 2) % RING, :n], across_change[(t - 1) % RING, :n],
                    across_change[t % RING, :n], beside_change[(t - 1) % RING, :n],
                )  # fmt: skip
            if t >= first + 4:
                down_row(
                    roots[(t - 4) % KEPT, :n], roots[(t - 3) % KEPT, :n],
                    roots[(t - 2) % KEPT, :n], roots[(t - 1) % KEPT, :n], root,
                    signs[t % 2], down[(t - 2) % RING, :n],
                )  # fmt: skip
            if t >= first + 6:
                down_change_row(
                    down[(t - 4) % RING, :n], down[(t - 2) % RING, :n],
                    change[:n], summed_change[(t - 3) % RING, :n],
                )  # fmt: skip
            if t >= first + 10:
                d = t - 5
                weigh_row(
                    summed_change[(d - 2) % RING, :n], summed_change[(d - 1) % RING, :n],
                    summed_change[d % RING, :n], summed_change[(d + 1) % RING, :n],
                    summed_change[(d + 2) % RING, :n], beside_change[d % RING, :n],
                    down[(d - 2) % RING, :n], down[(d - 1) % RING, :n], down[d % RING, :n],
                    down[(d + 1) % RING, :n], down[(d + 2) % RING, :n], across[d % RING, :n],
                    shares[0, d % RING, :n], shares[1, d % RING, :n], shares[2, d % RING, :n],
                    shares[3, d % RING, :n], difference[d % RING, :n],
                )  # fmt: skip
            if t >= first + 16:
                d = t - 8
                diagonal_row(
                    difference[(d - 3) % RING, :n], difference[(d - 1) % RING, :n],
                    difference[(d + 1) % RING, :n], difference[(d + 3) % RING, :n],
                    diagonal[d % RING, :n],
                )  # fmt: skip
            if t < first + 2 * HALO:
                continue
            d, row, pixels = t - HALO, t - 2 * HALO, n - 2 * HALO
            own = 2 * (row & 1) * GREEN  # the first channel is the colour of even rows
            opposite = 2 * GREEN - own
            colour_row(
                lines[d % KEPT, :n], roots[d % KEPT, :n], signs[d % 2], toe,
                shares[0, d % RING, :n], shares[1, d % RING, :n], shares[2, d % RING, :n],
                shares[3, d % RING, :n], difference[(d - 1) % RING, :n],
                difference[d % RING, :n], difference[(d + 1) % RING, :n],
                diagonal[(d - 1) % RING, :n], diagonal[d % RING, :n],
                diagonal[(d + 1) % RING, :n],
                rgb[own : own + pixels], rgb[GREEN : GREEN + pixels],
                rgb[opposite : opposite + pixels],
            )  # fmt: skip
            tone_row(rgb, pixels, tone, matrix, tone_numbers)
            if out.ndim == 2:
                code_row(rgb, pixels, last_matrix, curve, top, codes)
                lay_codes(codes, pixels, out[row, 3 * left :])
            else:
                encode_row(rgb, pixels, last_matrix, curve)
                for channel in range(3):
                    lay_plane(rgb[channel * GREEN :], pixels, out[channel, row, left:])
    return worst <= LARGEST_BITS
