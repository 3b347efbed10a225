"""Full well: what a photosite holds, hard or with a knee."""

import math

import pytest
import torch

from isp.core.rng import Draws, Effect
from simulate.effects.full_well import bend, fill, well_map
from tests.statistics import NOISE_LIMIT, deviation, normal_variance_error

WELL = torch.tensor(1000.0)


def electrons(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 1, -1)


def wells(
    full_well_e: float = 6000.0, spread: float = 2.0, height: int = 600, width: int = 500,
    body: int = 1, origin: tuple[int, int] = (0, 0),
) -> torch.Tensor:  # fmt: skip
    draws = Draws.fixed(body, Effect.FULL_WELL, "a", origin)
    return well_map(full_well_e, spread, height, width, draws, torch.device("cpu"))


def test_a_hard_well_clips() -> None:
    held = fill(electrons(0, 999, 1000, 1001, 1e7), WELL, 1.0)

    assert held.flatten().tolist() == [0, 999, 1000, 1000, 1000]


def test_a_soft_well_is_worked_out_by_hand() -> None:
    """Knee at 500: 1000 e- freed leave 500 (1 - 1/e) = 316.06 above it, 1500 leave 432.33."""
    held = fill(electrons(400, 500, 501, 1000, 1500), WELL, 0.5)

    assert held.flatten().tolist() == [400, 500, 501, 816, 932]


@pytest.mark.parametrize("knee", [0.05, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("well", [1.0, 37.0, 1000.0, 60_000.0])
def test_a_well_never_holds_less_for_more_and_only_whole_electrons(
    well: float, knee: float
) -> None:
    freed = torch.arange(0, 30 * int(well) + 2, dtype=torch.float32)[:600_000]
    held = fill(freed.reshape(1, 1, 1, -1), torch.tensor(well), knee).flatten()

    assert torch.equal(held, held.round())
    assert bool((held.diff() >= 0).all())
    assert bool((held <= freed).all())
    assert float(held.max()) <= well
    below = freed <= knee * well
    assert torch.equal(held[below], freed[below])


@pytest.mark.parametrize("knee", [0.05, 0.5, 0.9])
def test_endless_light_fills_a_soft_well_to_the_brim(knee: float) -> None:
    """(W - k) exp(-(n - k) / (W - k)) falls below half an electron: n > k + room ln(2 room)."""
    room = 1000 * (1 - knee)
    enough = 1000 * knee + room * math.log(2 * room)

    held = fill(electrons(enough * 0.95, enough * 1.01 + 1, 1e7), WELL, knee).flatten().tolist()

    assert held[0] < 1000
    assert held[1:] == [1000.0, 1000.0]


@pytest.mark.parametrize("knee", [0.05, 0.5, 0.9, 0.99])
def test_the_response_leaves_the_knee_with_slope_one(knee: float) -> None:
    """The gradient is 1 below, exp(-(n - k) / (W - k)) above, and nowhere broken."""
    start, room = 1000 * knee, 1000 * (1 - knee)
    light = electrons(0.0, start - 1, start, start + 1e-3 * room, start + room, start + 90 * room)
    light.requires_grad_()

    fill(light, WELL, knee).sum().backward()

    slopes = light.grad.flatten().tolist()
    wanted = [1, 1, 1, math.exp(-1e-3), math.exp(-1), 0.0]
    assert slopes == pytest.approx(wanted, rel=2e-4, abs=1e-12)


def test_the_gradient_of_a_hard_well_is_zero_where_it_is_full() -> None:
    light = electrons(0.0, 999.0, 1000.0, 1001.0).requires_grad_()

    fill(light, WELL, 1.0).sum().backward()

    assert light.grad.flatten().tolist() == [1, 1, 0, 0]


def test_each_photosite_has_its_own_well() -> None:
    own = torch.tensor([10.0, 20.0, 30.0]).reshape(1, 1, 1, 3)

    held = fill(torch.full((2, 1, 1, 3), 25.0), own, 1.0)

    assert held[:, 0, 0].tolist() == [[10, 20, 25]] * 2


def test_the_electrons_that_came_are_left_untouched() -> None:
    freed = electrons(5.0, 5000.0)

    fill(freed, WELL, 0.5)

    assert freed.flatten().tolist() == [5.0, 5000.0]


def test_wells_have_the_given_spread_and_hold_whole_electrons() -> None:
    """Rounding down takes half an electron from the mean and adds 1/12 to the variance."""
    drawn = wells().double()
    n, sigma = drawn.numel(), 120.0

    assert torch.equal(drawn, drawn.round())
    assert abs(deviation(drawn.mean(), 5999.5, sigma / math.sqrt(n))) < NOISE_LIMIT
    error = normal_variance_error(sigma, n)
    assert abs(deviation(drawn.var(), sigma**2 + 1 / 12, error)) < NOISE_LIMIT


def test_every_well_holds_at_least_one_electron() -> None:
    assert float(wells(2.0, 100.0).min()) == 1


def test_a_tile_has_the_wells_of_its_place_and_another_body_has_others() -> None:
    whole = wells(height=40, width=50)

    assert torch.equal(wells(height=13, width=17, origin=(7, 21)), whole[..., 7:20, 21:38])
    assert not torch.equal(wells(height=40, width=50, body=2), whole)


def test_mean_electrons_bend_as_held_ones_do_but_are_not_rounded() -> None:
    mean = torch.linspace(0, 3000, 301, dtype=torch.float64).reshape(1, 1, 1, -1)
    well = torch.tensor(1000.0)

    for knee in (1.0, 0.6):
        bent = bend(mean, well, knee)
        assert torch.equal(fill(mean, well, knee), bent if knee == 1 else bent.round())
    assert not torch.equal(bend(mean, well, 0.6), bend(mean, well, 0.6).round())
