"""PRNU: each photosite's own gain on the rate, belonging to the body."""

import math

import pytest
import torch

from isp.core.rng import Draws, Effect, normal
from simulate.effects.prnu import correlated, prnu, prnu_gain
from tests.statistics import (
    NOISE_LIMIT,
    Components,
    correlation,
    deviation,
    normal_variance_error,
    periodogram,
    periodogram_limit,
    variance_components,
)

CPU = torch.device("cpu")


def draws(
    body: int = 1,
    sensor: str = "a",
    origin: tuple[int, int] = (0, 0),
    effect: Effect = Effect.PRNU,
) -> Draws:
    return Draws.fixed(body, effect, sensor, origin)


def gains(
    percent: float = 1.0, height: int = 600, width: int = 500, share: float = 0.0, **place: object
) -> torch.Tensor:
    columns = draws(**(place | {"effect": Effect.PRNU_COLUMN}))  # type: ignore[arg-type]
    return prnu_gain(percent, share, height, width, draws(**place), columns, CPU)  # type: ignore[arg-type]


def flat(rate: float, height: int = 600, width: int = 500, batch: int = 1) -> torch.Tensor:
    return torch.full((batch, 1, height, width), rate, dtype=torch.float64)


def test_gains_have_mean_one_and_the_given_spread() -> None:
    drawn = gains(2.0).double()
    n = drawn.numel()

    assert abs(float(drawn.mean()) - 1) < 4 * 0.02 / math.sqrt(n)
    assert abs(float(drawn.var()) - 0.02**2) < 4 * normal_variance_error(0.02, n)
    assert float(drawn.std()) == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.7])
def test_a_share_of_the_variance_runs_down_the_columns(share: float) -> None:
    """The whole map keeps its variance: share to the columns, the rest to the photosites."""
    height, width = 600, 1000
    truth = Components(row=0.0, column=share * 4, pixel=(1 - share) * 4)

    drawn = 100 * (gains(2.0, height, width, share).double() - 1)

    found = variance_components(drawn)
    assert float(found.deviations(truth, height, width).abs().max()) < NOISE_LIMIT
    # Var of the map's variance: the columns' chi-square, then the photosites'.
    error = math.hypot(truth.column * math.sqrt(2 / width), truth.pixel * math.sqrt(2 / 6e5))
    cross = 2 * math.sqrt(truth.column * truth.pixel / 6e5)
    assert abs(deviation(drawn.var(), 4.0, math.hypot(error, cross))) < NOISE_LIMIT


def test_the_columns_have_no_period_and_nothing_in_common_with_the_photosites() -> None:
    white, striped = gains(2.0), gains(2.0, share=0.25)
    own = (striped - 1) - math.sqrt(0.75) * (white - 1)
    columns = own.double().mean(-2).reshape(1, -1)

    # What was added is the same along each column, to float32's last digit of a gain near 1.
    assert float((own - own.mean(-2, keepdim=True)).abs().max()) < 1e-6
    power = periodogram(columns)
    assert float(power.max()) < periodogram_limit(power.numel())
    first_row = white[..., 0, :].flatten() - 1
    assert abs(correlation(columns, first_row)) < NOISE_LIMIT / math.sqrt(500)


def test_all_of_the_variance_in_the_columns_leaves_none_to_the_photosites() -> None:
    drawn = gains(2.0, 50, 400, share=1.0)

    assert torch.equal(drawn, drawn[..., :1, :].expand_as(drawn))
    assert len(drawn[0, 0, 0].unique()) > 390
    # And they come from the stream that belongs to columns.
    own = normal(draws(effect=Effect.PRNU_COLUMN).per_column(400))
    assert torch.equal(drawn[..., :1, :], (1 + 0.02 * own).float())


def test_a_correlated_field_is_standard_normal() -> None:
    field = correlated(0.4, 600, 2000, draws(), draws(effect=Effect.PRNU_COLUMN), CPU)
    truth = Components(row=0.0, column=0.4, pixel=0.6)

    deviations = variance_components(field).deviations(truth, 600, 2000)
    assert float(deviations.abs().max()) < NOISE_LIMIT
    assert abs(deviation(field.mean(), 0.0, math.sqrt(0.4 / 2000 + 0.6 / 1.2e6))) < NOISE_LIMIT


def test_the_deviation_grows_with_the_light() -> None:
    dim, bright = prnu(flat(10.0), gains()), prnu(flat(1000.0), gains())

    torch.testing.assert_close(bright, 100 * dim, rtol=1e-14, atol=0)


def test_no_light_stays_no_light() -> None:
    assert float(prnu(flat(0.0), gains(5.0)).abs().max()) == 0


def test_a_spread_of_zero_changes_nothing() -> None:
    expected = flat(123.4)

    assert torch.equal(prnu(expected, gains(0.0)), expected)


def test_the_rate_stays_float64_so_that_it_is_rounded_once() -> None:
    rate = prnu(flat(1 / 3, 2, 2), gains(1.0, 2, 2))

    assert rate.dtype == torch.float64
    assert torch.equal(rate, flat(1 / 3, 2, 2) * gains(1.0, 2, 2).double())


def test_every_image_of_a_body_has_the_same_pattern() -> None:
    batch = prnu(flat(100.0, batch=3), gains())

    assert torch.equal(batch[0], batch[1])
    assert torch.equal(batch[0], batch[2])


def test_another_body_or_sensor_has_another_pattern() -> None:
    mine = gains()

    for other in ({"body": 2}, {"sensor": "b"}):
        # Two independent maps: their difference has twice the variance.
        difference = float((gains(**other) - mine).double().var())  # type: ignore[arg-type]
        assert abs(difference - 2e-4) < 4 * normal_variance_error(2e-4**0.5, mine.numel())


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_tile_has_the_pattern_of_its_place(share: float) -> None:
    whole = gains(1.0, 40, 50, share)
    tile = gains(1.0, 13, 17, share, origin=(7, 21))

    assert torch.equal(tile, whole[..., 7:20, 21:38])


def test_a_gain_below_zero_is_no_light_rather_than_an_error() -> None:
    """At a spread of 50 % one photosite in 44 would have a negative rate: Phi(-2) = 2.275 %."""
    rates = prnu(flat(1.0), gains(50.0))
    dead, p = float((rates == 0).double().mean()), 0.0227501

    assert float(rates.min()) == 0
    assert abs(dead - p) < 4 * math.sqrt(p * (1 - p) / rates.numel())


def test_the_gradient_is_the_gain() -> None:
    expected = flat(5.0, 4, 4).requires_grad_()

    prnu(expected, gains(1.0, 4, 4)).sum().backward()

    torch.testing.assert_close(expected.grad, prnu(flat(1.0, 4, 4), gains(1.0, 4, 4)))
