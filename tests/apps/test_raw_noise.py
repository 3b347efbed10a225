"""The noise of a raw is found in the raw, under slopes and beside texture."""

import pytest
import torch

from apps.raw_noise import measured_noise
from isp.core.cfa import Cfa


@pytest.mark.parametrize("busy", [False, True])
def test_poisson_and_gauss_are_found_in_a_ramp_and_beside_texture(busy: bool) -> None:
    """2e5 photosites in blocks of 64: the median is 20 % sure in each, a level's quantile 3 %.

    Rounded planes of texture over a third of the picture must not raise it by more.
    """
    generator = torch.Generator().manual_seed(9)
    light = torch.linspace(0.02, 0.9, 512).expand(1, 1, 400, 512).clone()
    if busy:
        light[..., :130, :] += 0.1 * torch.rand(130, 512, generator=generator)
    slope, offset = 2e-4, 1e-6
    seen = torch.poisson(light / slope, generator=generator) * slope
    seen = seen + offset**0.5 * torch.randn(light.shape, generator=generator)

    found = measured_noise(seen, Cfa.RGGB, 4000.0)[0]

    assert float(found[1]) == pytest.approx(slope, rel=0.15)
    assert float(found[2]) == 0


def test_the_variance_is_never_less_than_that_of_rounding() -> None:
    found = measured_noise(torch.full((1, 1, 64, 64), 0.5), Cfa.RGGB, 255.0)[0]

    assert float(found[0]) >= 1 / 12 / 255**2 * 0.999
