"""A blur through cosines is a convolution with mirrors at the edges."""

import math

import numpy as np
import pytest
import torch
from scipy import fft, ndimage

from simulate.cosine_transform import blur_by_transfer, cosine_frequencies

SIZES = [(1, 1), (1, 6), (2, 3), (5, 4), (8, 8), (7, 13)]


def noise(*size: int) -> torch.Tensor:
    return torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def three_taps(n: int) -> torch.Tensor:
    """Transfer of 1/4, 1/2, 1/4."""
    return 0.5 + 0.5 * torch.cos(2 * math.pi * cosine_frequencies(n))


@pytest.mark.parametrize("size", SIZES)
def test_three_taps_are_the_convolution_that_scipy_makes(size: tuple[int, int]) -> None:
    light = noise(*size)

    blurred = blur_by_transfer(light, torch.outer(three_taps(size[0]), three_taps(size[1])))

    kernel = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])[None, None]
    direct = ndimage.convolve(light.numpy(), kernel, mode="reflect")  # scipy's name for this mirror
    torch.testing.assert_close(blurred, torch.from_numpy(direct), rtol=0, atol=1e-14)


@pytest.mark.parametrize("size", SIZES)
def test_any_transfer_acts_as_on_scipys_cosines(size: tuple[int, int]) -> None:
    light, transfer = noise(*size), noise(*size)[1, 0]

    blurred = blur_by_transfer(light, transfer)

    spectrum = fft.dctn(light.numpy(), axes=(-2, -1)) * transfer.numpy()
    reference = torch.from_numpy(fft.idctn(spectrum, axes=(-2, -1)))
    torch.testing.assert_close(blurred, reference, rtol=0, atol=1e-13)


def test_no_light_is_lost_however_wide_the_blur() -> None:
    light = torch.zeros(1, 1, 9, 12, dtype=torch.float64)
    light[..., 0, 0] = 7
    transfer = torch.zeros(9, 12, dtype=torch.float64)
    transfer[0, 0] = 1

    blurred = blur_by_transfer(light, transfer)

    torch.testing.assert_close(blurred, torch.full_like(light, 7 / 108), rtol=1e-12, atol=0)


def test_gradients_pass() -> None:
    light = noise(4, 5)[:1].requires_grad_(True)
    transfer = torch.outer(three_taps(4), three_taps(5))

    assert torch.autograd.gradcheck(lambda x: blur_by_transfer(x, transfer), light)
