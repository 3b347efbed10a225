"""The rows of one image from DN to codes or floats, by way of Malvar's demosaicing, compiled."""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import compiled
from isp.fused.colour_rows import code_row, encode_row, tone_row
from isp.fused.interleaving import interleave_codes, interleave_plane
from isp.fused.malvar_rows import GREEN, SIZE, colour_first, green_first
from isp.fused.mosaic_rows import (
    BUFFER,
    LARGEST_BITS,
    LENGTH,
    PAIRS,
    STRIP,
    WINDOW,
    correct_row,
    keep_twice,
    limit_row,
    load_row,
    mirror_row,
    near_row,
)


@compiled
@no_type_check
def render_rows(
    dn, clipped, row_of, column_of, defect_rows, defect_columns, defect_values,
    black, scale, level, shift, first, last,
    tone, matrix, last_matrix, tone_numbers, curve, top, out,
):  # fmt: skip
    """Rows first..last - 1 of an image; True when no value was strange, else `out` is no result.

    dn: (h, w), float32 or integers. clipped: bytes, (h, w), or (h, 0) where none is.
    row_of, column_of: the photosites of -2..h + 1 and -3..w + 2.
    defect_rows: (h + 1,), where each row's defects begin in defect_columns and defect_values.
    black, scale: (2, 2), DN and mosaic per DN of each row's first and second photosite.
    level: what near-clipped photosites are cut to. shift: 1 when even rows begin with green.
    top: largest code; 0 for floats.
    out: (h, 3 w) codes, or (3, h, w) float32.
    """
    width = dn.shape[1]
    planes, rgb = np.zeros(BUFFER, np.float32), np.zeros(SIZE, np.float32)
    codes = np.zeros(SIZE, out.dtype)
    joined, near = np.zeros(2 * LENGTH + 2, np.uint8), np.zeros(2 * LENGTH + 2, np.uint8)
    strips = (width + STRIP - 1) // STRIP
    worst = np.int32(0)
    for strip in range(strips):
        # Even strips, all about as wide: a mirrored column lies in the strip that wants it.
        begin = width * strip // strips // 2 * 2
        end = width if strip == strips - 1 else width * (strip + 1) // strips // 2 * 2
        start = begin - shift - 2  # the column of the first of all pairs
        pairs = (end - begin + shift + 1) // 2  # that are rendered; one more on each side is read
        for line in range(first - 2, last + 2):
            y = row_of[line + 2]
            row = planes[(line + 2) % WINDOW * LENGTH :]
            worst = max(worst, load_row(dn[y], black[y & 1], scale[y & 1], start, pairs + 2, row))
            correct_row(
                defect_columns, defect_values, defect_rows[y], defect_rows[y + 1], start,
                pairs + 2, row,
            )  # fmt: skip
            if clipped.shape[1] > 0 and near_row(clipped, y, start, pairs + 2, joined, near):
                limit_row(near, level, pairs + 2, row)
            mirror_row(column_of, width, start, pairs + 2, row)
            keep_twice(pairs + 2, row)
            if line < first + 2:
                continue
            seen = planes[(line - 2) % WINDOW * LENGTH :]  # from two rows above on
            if line & 1:
                green_first(seen, pairs, rgb)
            else:
                colour_first(seen, pairs, rgb)
            for at in (0, PAIRS):
                part = rgb[at:]
                tone_row(part, pairs, tone, matrix, tone_numbers)
                if out.ndim == 2:
                    code_row(part, pairs, last_matrix, curve, top, codes[at:])
                else:
                    encode_row(part, pairs, last_matrix, curve)
            if out.ndim == 2:
                interleave_codes(codes, shift, end - begin, out[line - 2, 3 * begin :])
            else:
                for channel in range(3):
                    interleave_plane(
                        rgb[channel * GREEN :], shift, end - begin, out[channel, line - 2, begin:]
                    )
    return worst <= LARGEST_BITS
