"""The stabiliser makes noise even, loses no electron, and is smooth where its halves meet."""

import math

import pytest
import torch

from enhance.nets.stabiliser import destabilised, stabilised


def of(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


@pytest.mark.parametrize("variance", [0.0, 0.5, 9.0, 400.0])
def test_there_and_back_is_the_same_electrons(variance: float) -> None:
    electrons = of([-1e4, -30.0, -1e-3, 0.0, 1e-3, 0.5, 3.0, 1e3, 1e6])
    v = of([variance])

    torch.testing.assert_close(
        destabilised(stabilised(electrons, v), v), electrons, rtol=1e-12, atol=1e-12
    )


def test_values_worked_out_by_hand() -> None:
    # c = 3/8 + 5/8 = 1: 2 sqrt(3 + 1) - 2 = 2 above, z / 1 below.
    assert stabilised(of([3.0, 0.0, -2.0]), of([0.625])).flatten().tolist() == [2.0, 0.0, -2.0]


@pytest.mark.parametrize(("rate", "sigma"), [(8.0, 0.0), (4.0, 2.0), (20.0, 3.0), (300.0, 1.5)])
def test_noise_is_one_at_every_level(rate: float, sigma: float) -> None:
    n = 200_000
    generator = torch.Generator().manual_seed(3)
    light = torch.poisson(torch.full((n,), rate, dtype=torch.float64), generator=generator)
    dark = torch.randn(n, generator=generator, dtype=torch.float64) * sigma

    even = stabilised((light + dark).reshape(1, 1, 1, n), of([sigma**2])).flatten()

    # Next term of the transform's variance, 1 + 1 / (16 m^2) for m = rate + sigma^2 and its like;
    # it stays under 1 / (2 m). And five standard errors of a sample variance.
    allowed = 1 / (2 * (rate + sigma**2)) + 5 * math.sqrt(2 / n)
    assert abs(float(even.var()) - 1) < allowed


@pytest.mark.parametrize("function", [stabilised, destabilised])
@pytest.mark.parametrize("variance", [0.0, 9.0])
def test_the_slope_does_not_jump_at_zero_and_never_falls(function, variance: float) -> None:
    values = of([-1e6, -1.0, -1e-9, 0.0, 1e-9, 1.0, 1e6]).requires_grad_()

    out = function(values, of([variance]))
    (slope,) = torch.autograd.grad(out.sum(), values)

    assert bool(torch.isfinite(slope).all())
    assert bool((slope > 0).all())
    assert bool((out.diff() > 0).all())
    at_zero = slope.flatten()[2:5]
    torch.testing.assert_close(at_zero, at_zero[:1].expand(3), rtol=1e-8, atol=0)
