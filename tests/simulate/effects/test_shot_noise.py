"""Shot noise: a well collects a Poisson number, and no more than it holds."""

import math

import pytest
import torch
from scipy import stats
from torch import Tensor

from isp.core.errors import DrawError
from isp.core.poisson import poisson
from isp.core.rng import Draws, Effect
from simulate.effects.full_well import fill
from simulate.effects.shot_noise import largest_rate, shot_noise
from tests.statistics import poisson_variance_error

DRAWS = Draws(seed=7, effect=Effect.SHOT)


def collect(rate: Tensor, full_well_e: float, draws: Draws) -> Tensor:
    """Electrons of a hard well, as `Sensor.collect` composes them."""
    freed = shot_noise(rate, draws, largest_rate(full_well_e))
    return fill(freed, torch.tensor(float(math.floor(full_well_e))), 1.0)


def flat(rate: float, height: int = 700, width: int = 600) -> torch.Tensor:
    return torch.full((1, 1, height, width), rate)


@pytest.mark.parametrize("rate", [0.2, 3.0, 47.0, 900.0])
def test_mean_and_variance_are_the_rate(rate: float) -> None:
    electrons = collect(flat(rate), 1e9, DRAWS).double()
    n = electrons.numel()

    assert abs(float(electrons.mean()) - rate) < 4 * math.sqrt(rate / n)
    assert abs(float(electrons.var()) - rate) < 4 * poisson_variance_error(rate, n)


def test_the_share_of_empty_wells_is_e_to_the_minus_rate() -> None:
    """Fails for a Gaussian in disguise: exp(-3) = 4.979 %."""
    electrons = collect(flat(3.0), 1e9, DRAWS)

    empty, p = float((electrons == 0).double().mean()), math.exp(-3)
    assert abs(empty - p) < 4 * math.sqrt(p * (1 - p) / electrons.numel())


@pytest.mark.parametrize("full_well_e", [1.0, 40.0, 1000.0, 1000.7, 60_000.0])
@pytest.mark.parametrize("excess", [0.8, 1.0, 1.1, 3.0, 1000.0])
def test_capping_the_rate_does_not_change_what_the_well_holds(
    full_well_e: float, excess: float
) -> None:
    rate = min(full_well_e * excess, 2.0**24)
    words = DRAWS.words(60, 60)
    extremes = torch.tensor([0, 1, 2**32 - 1]).reshape(1, 1, 1, 3)

    held = collect(flat(rate, 60, 60), full_well_e, DRAWS)

    expected = poisson(flat(rate, 60, 60), words).clamp(max=math.floor(full_well_e))
    assert torch.equal(held, expected)
    # The lowest word of all is the one a cap would change first.
    cap = 1.05 * full_well_e + 12 * math.sqrt(full_well_e) + 100
    if rate > cap:
        assert float(poisson(torch.tensor(rate), extremes).min()) >= full_well_e
        assert stats.poisson.cdf(math.floor(full_well_e), cap) < 2.0**-33


def test_light_without_end_fills_the_well() -> None:
    assert float(collect(flat(1e30, 2, 2), 1000.0, DRAWS).min()) == 1000.0


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(DrawError):
        collect(flat(-1.0, 2, 2), 1000.0, DRAWS)


def test_a_nan_rate_is_refused_though_the_cap_comes_first() -> None:
    with pytest.raises(DrawError):
        collect(flat(float("nan"), 2, 2), 1000.0, DRAWS)


def test_the_gradient_is_the_mean_s_and_zero_where_the_well_is_full() -> None:
    rate = torch.tensor([10.0, 150.0, 1e5]).reshape(1, 1, 1, 3).requires_grad_()

    collect(rate, 100.0, DRAWS).sum().backward()

    # 150 e- expected in a well of 100: P(N <= 100) is 1e-5; 1e5 lies above the cap.
    assert rate.grad.flatten().tolist() == [1.0, 0.0, 0.0]


def test_a_well_that_is_exactly_full_is_still_counted_whole() -> None:
    electrons = collect(flat(100.0, 300, 300), 100.5, DRAWS)

    assert torch.equal(electrons, electrons.round())
    assert float(electrons.max()) == 100.0


def test_photons_are_not_clipped_before_they_reach_the_well() -> None:
    """What blooms and what a soft well holds depends on all that is freed."""
    freed = shot_noise(flat(50_000.0, 20, 20), DRAWS)

    assert torch.equal(freed, poisson(flat(50_000.0, 20, 20), DRAWS.words(20, 20)))
    assert float(freed.min()) > 48_000
    assert float(shot_noise(flat(50_000.0, 20, 20), DRAWS, cap_e=100.0).max()) < 200


def test_the_cap_is_the_stated_one_and_within_exact_integers() -> None:
    """1.05 * 10 000 + 12 * 100 + 100 = 11 800 e-; above, 2^24."""
    assert largest_rate(10_000.0) == 11_800
    assert largest_rate(1e9) == 2**24


def test_a_tile_has_the_photons_of_its_place() -> None:
    whole = shot_noise(flat(30.0, 40, 50), DRAWS)

    tile = shot_noise(flat(30.0, 13, 17), Draws(seed=7, effect=Effect.SHOT, origin=(7, 21)))

    assert torch.equal(tile, whole[..., 7:20, 21:38])
