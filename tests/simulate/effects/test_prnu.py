"""PRNU: each photosite's own gain on the rate, belonging to the body."""

import math

import torch

from isp.core.rng import Draws, Effect
from simulate.effects.prnu import prnu
from tests.statistics import normal_variance_error


def draws(body: int = 1, sensor: str = "a", origin: tuple[int, int] = (0, 0)) -> Draws:
    return Draws.fixed(body, Effect.PRNU, sensor, origin)


def flat(rate: float, height: int = 600, width: int = 500, batch: int = 1) -> torch.Tensor:
    return torch.full((batch, 1, height, width), rate, dtype=torch.float64)


def test_gains_have_mean_one_and_the_given_spread() -> None:
    gains = prnu(flat(1.0), 2.0, draws())
    n = gains.numel()

    assert abs(float(gains.mean()) - 1) < 4 * 0.02 / math.sqrt(n)
    assert abs(float(gains.var()) - 0.02**2) < 4 * normal_variance_error(0.02, n)


def test_the_deviation_grows_with_the_light() -> None:
    dim, bright = prnu(flat(10.0), 1.0, draws()), prnu(flat(1000.0), 1.0, draws())

    torch.testing.assert_close(bright, 100 * dim, rtol=1e-14, atol=0)


def test_no_light_stays_no_light() -> None:
    assert float(prnu(flat(0.0), 5.0, draws()).abs().max()) == 0


def test_a_spread_of_zero_changes_nothing() -> None:
    expected = flat(123.4)

    assert prnu(expected, 0.0, draws()) is expected


def test_every_image_of_a_body_has_the_same_pattern() -> None:
    batch = prnu(flat(100.0, batch=3), 1.0, draws())

    assert torch.equal(batch[0], batch[1])
    assert torch.equal(batch[0], batch[2])


def test_another_body_or_sensor_has_another_pattern() -> None:
    mine = prnu(flat(1.0), 1.0, draws())

    for other in (draws(body=2), draws(sensor="b")):
        theirs = prnu(flat(1.0), 1.0, other)
        # Two independent maps: their difference has twice the variance.
        difference = float((theirs - mine).var())
        assert abs(difference - 2e-4) < 4 * normal_variance_error(2e-4**0.5, mine.numel())


def test_a_tile_has_the_pattern_of_its_place() -> None:
    whole = prnu(flat(1.0, 40, 50), 1.0, draws())
    tile = prnu(flat(1.0, 13, 17), 1.0, draws(origin=(7, 21)))

    assert torch.equal(tile, whole[..., 7:20, 21:38])


def test_a_gain_below_zero_is_no_light_rather_than_an_error() -> None:
    """At a spread of 50 % one photosite in 44 would have a negative rate: Phi(-2) = 2.275 %."""
    rates = prnu(flat(1.0), 50.0, draws())
    dead, p = float((rates == 0).double().mean()), 0.0227501

    assert float(rates.min()) == 0
    assert abs(dead - p) < 4 * math.sqrt(p * (1 - p) / rates.numel())


def test_the_gradient_is_the_gain() -> None:
    expected = flat(5.0, 4, 4).requires_grad_()

    prnu(expected, 1.0, draws()).sum().backward()

    torch.testing.assert_close(expected.grad, prnu(flat(1.0, 4, 4), 1.0, draws()))
