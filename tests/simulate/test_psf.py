"""Kernels keep the light, never go negative, and blur by what the lens does alone."""

import math

import pytest
import torch
from torch import Tensor

from simulate.psf import airy_transfer, disc_kernel, gaussian_taps, kernel_transfer, taps_transfer

# Cycles per scene pixel up to 1/8: the Nyquist frequency of photosites of 4 scene pixels.
N, BAND = 64, slice(0, 17)
FREQUENCY = torch.arange(17, dtype=torch.float64) / (2 * N)
CUTOFFS = [0.2, 0.5, 0.51, 0.6, 0.8, 1.0, 1.5, 2.0, 4.0, 8.0, 9.0, 40.0]


def sides(count: int) -> Tensor:
    """How often each place of a half kernel occurs: the middle once, others on both sides."""
    return torch.where(torch.arange(count) > 0, 2.0, 1.0).double()


def diffraction_mtf(frequency: Tensor, cutoff: float) -> Tensor:
    v = (frequency / cutoff).clamp(max=1)
    return 2 / math.pi * (torch.acos(v) - v * torch.sqrt(1 - v**2))


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0, 2.0, 5.0])
def test_a_gaussian_has_its_own_second_moment_and_transfer(sigma: float) -> None:
    taps = gaussian_taps(sigma)
    places = torch.arange(len(taps), dtype=torch.float64)

    assert float(sides(len(taps)) @ taps) == pytest.approx(1, abs=1e-14)
    assert float(sides(len(taps)) @ (taps * places**2)) == pytest.approx(sigma**2, rel=1e-9)
    assert float(taps.min()) >= 0
    # Worst at 0.4 scene pixels, 0.13 %: fourth moments differ.
    seen = taps_transfer(taps, N, N)[0, BAND]
    wanted = torch.exp(-2 * math.pi**2 * sigma**2 * FREQUENCY**2)
    torch.testing.assert_close(seen, wanted, rtol=0, atol=1.5e-3)


@pytest.mark.parametrize("diameter", [0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.3, 40.3])
def test_a_disc_has_its_own_second_moment_and_transfer(diameter: float) -> None:
    kernel = disc_kernel(diameter)
    twice = sides(len(kernel))
    places = torch.arange(len(kernel), dtype=torch.float64)

    assert float(twice @ kernel @ twice) == pytest.approx(1, abs=1e-13)
    assert float(twice @ (kernel * places**2) @ twice) == pytest.approx(diameter**2 / 16, rel=1e-9)
    assert float(kernel.min()) >= 0
    torch.testing.assert_close(kernel, kernel.T, rtol=0, atol=1e-15)
    # Worst at 8.5 scene pixels, 0.84 %: a disc's edge goes through pixels.
    x = math.pi * diameter * FREQUENCY[1:]
    wanted = torch.cat([torch.ones(1).double(), 2 * torch.special.bessel_j1(x) / x])
    seen = kernel_transfer(kernel, N, N)[0, BAND]
    torch.testing.assert_close(seen, wanted, rtol=0, atol=9e-3)


def test_a_pixel_within_a_disc_holds_its_area_and_one_outside_nothing() -> None:
    """The disc of 10 whose pixels are averaged is narrower: 25 - 1/3 is its R^2, nearly."""
    kernel = disc_kernel(10.0)

    full = 1 / (math.pi * (25 - 1 / 3))
    assert float(kernel[0, 0]) == pytest.approx(full, rel=5e-3)
    assert float(kernel[2, 3]) == pytest.approx(float(kernel[0, 0]), rel=1e-12)
    assert 0 < float(kernel[5, 0]) < full
    assert float(kernel[3, 5]) == 0  # its near corner is at 5.15


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_diffraction_has_the_closed_form_s_transfer(cutoff: float) -> None:
    """Exact up to half a cycle per scene pixel, within 0.5 % (measured 0.46 %) beyond."""
    seen = airy_transfer(cutoff, N, N)

    tolerance = 1e-14 if cutoff <= 0.5 else 5e-3
    wanted = diffraction_mtf(FREQUENCY, cutoff)
    assert float(seen[0, 0]) == pytest.approx(1, abs=1e-13)
    torch.testing.assert_close(seen[0, BAND], wanted, rtol=0, atol=tolerance)
    torch.testing.assert_close(seen[BAND, 0], wanted, rtol=0, atol=tolerance)
    slant = torch.arange(12, dtype=torch.float64)
    along = diffraction_mtf(slant * math.sqrt(2) / (2 * N), cutoff)
    torch.testing.assert_close(seen.diagonal()[:12], along, rtol=0, atol=tolerance)


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_an_airy_pattern_is_nowhere_negative(cutoff: float) -> None:
    """The even sum of cosines of a point at the corner is the pattern itself."""
    transfer = airy_transfer(cutoff, N, N)
    whole = torch.cat([transfer, torch.zeros(1, N).double(), transfer[1:].flip(0)])
    whole = torch.cat([whole, torch.zeros(2 * N, 1).double(), whole[:, 1:].flip(1)], 1)

    # Without the Nyquist term, which a mirrored picture does not have, ripples of its size remain.
    missing = float(transfer[-1].abs().sum() + transfer[:, -1].abs().sum()) / (2 * N) ** 2
    assert float(torch.fft.ifft2(whole).real.min()) >= -2 * missing - 1e-15
