"""Pixels of both kinds come out side by side, in either phase, to the last column."""

import numpy as np
import pytest

from isp.fused.interleaving import interleave_codes, interleave_plane
from isp.fused.malvar_rows import GREEN, SIZE
from isp.fused.mosaic_rows import PAIRS


@pytest.mark.parametrize("n", [1, 2, 7, 8, 300, 1023, 1024])
@pytest.mark.parametrize("shift", [0, 1])
def test_pixels_lie_side_by_side(shift: int, n: int) -> None:
    codes = np.zeros(SIZE, np.uint16)
    for channel in range(3):
        for k in range(1026):  # the column that the k-th of all pairs stands for
            codes[channel * GREEN + (k & 1) * PAIRS + k // 2] = 3 * k + channel
    pixels, plane = np.full(3 * n + 3, 7, np.uint16), np.full(n + 1, 7, np.float32)

    interleave_codes(codes, shift, n, pixels)
    interleave_plane(codes[GREEN:].astype(np.float32), shift, n, plane)

    assert pixels[:-3].tolist() == list(range(3 * shift, 3 * (n + shift)))
    assert plane[:-1].tolist() == list(range(3 * shift + 1, 3 * (n + shift) + 1, 3))
    assert pixels[-3:].tolist() == [7, 7, 7]  # nothing beyond
    assert plane[-1] == 7
