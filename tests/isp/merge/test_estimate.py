"""The estimate of several exposures: inverse expected variance, and no bias from it."""

import math
from dataclasses import replace

import pytest
import torch

from isp.merge.estimate import best_estimate, combine, weight_shares
from tests.isp.merge.samples import PlainNoise, seen

EVERY = torch.ones(1, 1, 1, 1, dtype=torch.bool)


def one(signal: float) -> torch.Tensor:
    return torch.full((1, 1), signal)


def test_constant_noise_weighs_by_exposure_over_variance() -> None:
    bracket = [
        seen(one(3.0), 1.0, noise=PlainNoise(floor=1.0)),
        seen(one(10.0), 4.0, noise=PlainNoise(floor=2.0)),
    ]

    estimate, information = combine(bracket, [EVERY, EVERY])

    # (1 x 3 / 1 + 4 x 10 / 2) / (1 / 1 + 16 / 2) = 23 / 9
    assert float(estimate) == pytest.approx(23 / 9)
    assert float(information) == pytest.approx(9)
    nothing = [torch.zeros_like(estimate)] * 2
    assert weight_shares(bracket, [EVERY, EVERY], estimate, nothing) == pytest.approx(
        [1 / 9, 8 / 9]
    )
    # Left out, and told by what is known of clipped samples instead.
    more = [torch.zeros_like(estimate), torch.full_like(estimate, 2.0)]
    assert weight_shares(bracket, [EVERY, ~EVERY], estimate, more) == pytest.approx([1 / 3, 2 / 3])


def test_shot_noise_alone_is_all_electrons_over_all_exposure() -> None:
    noise = PlainNoise(slope=1.0)
    bracket = [seen(one(5.0), 1.0, noise=noise), seen(one(50.0), 8.0, noise=noise)]

    estimate, information = combine(bracket, [EVERY, EVERY])

    assert float(estimate) == pytest.approx(55 / 9)
    assert float(information) == pytest.approx(9 / (55 / 9))


def test_a_sample_that_may_not_be_used_has_no_say() -> None:
    bracket = [seen(one(3.0)), seen(one(float("nan")))]

    estimate, information = combine(bracket, [EVERY, ~EVERY])

    assert (float(estimate), float(information)) == (3.0, 1.0)


def test_a_sample_weighs_by_the_trust_in_it() -> None:
    doubted = replace(seen(one(10.0)), trust=torch.full((1, 1, 1, 1), 0.25))

    estimate, information = combine([seen(one(3.0)), doubted], [EVERY, EVERY])

    assert float(estimate) == pytest.approx((3 + 0.25 * 10) / 1.25)
    assert float(information) == pytest.approx(1.25)


def test_where_nothing_may_be_used_nothing_is_known() -> None:
    estimate, information = combine([seen(one(3.0))], [~EVERY])

    assert (float(estimate), float(information)) == (0.0, 0.0)


def test_the_estimate_solves_its_own_equation() -> None:
    noise = PlainNoise(floor=9.0, slope=1.0)
    bracket = [seen(one(40.0), 1.0, noise=noise), seen(one(90.0), 4.0, noise=noise)]

    estimate, _ = combine(bracket, [EVERY, EVERY], rounds=30)

    light = float(estimate)
    score = sum(a * (y - a * light) / (9 + a * light) for a, y in ((1, 40.0), (4, 90.0)))
    assert score == pytest.approx(0, abs=1e-5)
    three_rounds, _ = combine(bracket, [EVERY, EVERY])
    assert float(three_rounds) == pytest.approx(light, rel=2e-3)


def draws(light: float, count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    side = math.isqrt(count)
    return [
        torch.poisson(torch.full((side, side), a * light, dtype=torch.float64), generator)
        + 3 * torch.randn(side, side, generator=generator, dtype=torch.float64)
        for a in (1, 2, 4)
    ]


@pytest.mark.parametrize("estimator", [combine, best_estimate])
@pytest.mark.parametrize("light", [3.0, 10.0, 100.0])
def test_the_weights_do_not_follow_the_noise(estimator: object, light: float) -> None:
    samples = draws(light, 360_000)
    noise = PlainNoise(floor=9.0, slope=1.0)
    bracket = [seen(y, float(a), noise=noise) for a, y in zip((1, 2, 4), samples, strict=True)]
    used = [frame.measured for frame in bracket]

    estimate = estimator(bracket, used)[0].double()  # type: ignore[operator]

    error = 5 * float(estimate.std()) / math.sqrt(estimate.numel())
    # Of the second-order terms that cancel, thirds of the skewness are left: below 1 % of sigma.
    assert abs(float(estimate.mean()) - light) < error + 0.01 * float(estimate.std())
    weighed_by_sample = sum(
        a * y / (9 + y.clamp(min=0)) for a, y in zip((1, 2, 4), samples, strict=True)
    ) / sum(a * a / (9 + y.clamp(min=0)) for a, y in zip((1, 2, 4), samples, strict=True))
    assert abs(float(weighed_by_sample.mean()) - light) > 5 * error


def test_in_the_shadows_neighbours_steady_the_weights_but_not_the_value() -> None:
    samples = draws(1.0, 90_000)
    noise = PlainNoise(floor=9.0, slope=1.0)
    bracket = [seen(y, float(a), noise=noise) for a, y in zip((1, 2, 4), samples, strict=True)]
    used = [frame.measured for frame in bracket]

    own, own_information = combine(bracket, used)
    steadied, information = best_estimate(bracket, used)

    assert float(information.std()) < 0.6 * float(own_information.std())
    assert float(steadied.var()) < float(own.var())
    neighbour = torch.corrcoef(
        torch.stack([steadied[..., :-1].flatten(), steadied[..., 1:].flatten()])
    )
    assert abs(float(neighbour[0, 1])) < 5 / 300  # still white: nothing was smoothed
