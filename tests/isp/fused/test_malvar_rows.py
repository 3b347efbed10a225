"""Both kinds of rows give the figures that the paper's kernels give."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from isp.core.cfa import Cfa
from isp.fused.malvar_rows import BLUE, GREEN, RED, SIZE, colour_first, green_first
from isp.fused.mosaic_rows import BUFFER, LENGTH, PAIRS, SECOND
from isp.stages.demosaic.malvar2004 import demosaic_malvar2004

N = 9  # pixels of each kind


def planes_of(mosaic: NDArray[np.float64]) -> NDArray[np.float32]:
    """Five rows, of which the first pair lies left of what is rendered."""
    planes = np.full(BUFFER, np.nan, np.float32)
    for row in range(5):
        planes[row * LENGTH : row * LENGTH + N + 2] = mosaic[row, 0::2]
        planes[SECOND + row * LENGTH : SECOND + row * LENGTH + N + 2] = mosaic[row, 1::2]
    return planes


@pytest.mark.parametrize(
    ("kernel", "cfa"), [(colour_first, Cfa.RGGB), (green_first, Cfa.GBRG)], ids=["red", "green"]
)
def test_a_row_is_the_middle_one_of_the_reference(kernel: object, cfa: Cfa) -> None:
    mosaic = np.random.default_rng(4).uniform(-1, 2, (5, 2 * N + 4))
    rgb = np.full(SIZE, -7, np.float32)

    kernel(planes_of(mosaic), N, rgb)  # type: ignore[operator]

    whole = demosaic_malvar2004(torch.from_numpy(mosaic)[None, None], cfa)[0, :, 2, 2:-2].numpy()
    for channel, at in enumerate((RED, GREEN, BLUE)):
        even, odd = rgb[at : at + N], rgb[at + PAIRS : at + PAIRS + N]
        np.testing.assert_allclose(even, whole[channel, 0::2], atol=2e-6)
        np.testing.assert_allclose(odd, whole[channel, 1::2], atol=2e-6)
    assert (rgb == -7).sum() == SIZE - 6 * N


def test_an_impulse_at_red_leaves_the_printed_eighths() -> None:
    """Figure 2 of the paper: green at red 4/8, blue at red 6/8, red beside 4/8."""
    mosaic = np.zeros((5, 2 * N + 4))
    mosaic[2, 6] = 8
    rgb = np.zeros(SIZE, np.float32)

    colour_first(planes_of(mosaic), N, rgb)

    at_red, beside = slice(0, 5), slice(PAIRS, PAIRS + 5)
    assert rgb[RED:][at_red].tolist() == [0, 0, 8, 0, 0]
    assert rgb[GREEN:][at_red].tolist() == [0, -1, 4, -1, 0]
    assert rgb[BLUE:][at_red].tolist() == [0, -1.5, 6, -1.5, 0]
    assert rgb[RED:][beside].tolist() == [0, 4, 4, 0, 0]
    assert rgb[BLUE:][beside].tolist() == [0] * 5
