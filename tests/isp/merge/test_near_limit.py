"""A frame near its limit tells what theory says, and is asked only where that is to be had."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.merge import near_limit
from isp.merge.areas import Area
from isp.merge.bracket import merge
from isp.merge.near_limit import censored, with_clipped
from isp.merge.saturation import believable
from tests.isp.merge.samples import (
    BLACK,
    CAMERA,
    LIMIT_E,
    WHITE_E,
    PlainNoise,
    electrons,
    flat,
    least_variance,
    seen,
    taken,
)

LIMIT, DEVIATION = 1000.0, 10.0
NOISE = PlainNoise(floor=DEVIATION**2)


def every_sample(light: float, side: int = 1000) -> torch.Tensor:
    """Samples at evenly spaced quantiles of a normal around the light."""
    share = (torch.arange(side**2, dtype=torch.float64) + 0.5) / side**2
    return (light + DEVIATION * torch.special.ndtri(share)).reshape(side, side)


def test_at_the_limit_a_sample_has_a_half_and_one_over_pi_of_its_information() -> None:
    # F = 1/2, f (h - z) = f(0)^2 / (1/2) = 1 / pi.
    one = seen(torch.full((1, 1), LIMIT), 1.0, noise=NOISE, limit=LIMIT)

    told = censored(one, torch.full((1, 1, 1, 1), LIMIT))

    assert float(told.information) * DEVIATION**2 == pytest.approx(0.5 + 1 / math.pi, rel=1e-5)


@pytest.mark.parametrize("deviations", [-3.0, -1.0, 0.0, 1.0, 2.0])
def test_scores_have_no_mean_and_the_variance_of_their_information(deviations: float) -> None:
    light = LIMIT + deviations * DEVIATION
    samples = seen(every_sample(light), 1.0, noise=NOISE, limit=LIMIT)

    told = censored(samples, torch.full_like(samples.signal, light))

    # The middle of a quantile's cell stands for it: the tails miss 1e-5 of the variance.
    root = told.information.double().mean().sqrt()
    assert abs(float(told.score.double().mean() / root)) < 1e-4
    assert float(told.score.double().var() / root**2) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("deviations", [-1.0, 0.0, 1.5])
def test_the_mean_score_of_another_light_turns_as_the_bend_says(deviations: float) -> None:
    light, other = LIMIT + deviations * DEVIATION, 0.2 * DEVIATION

    def mean_score(true: float) -> float:
        samples = seen(every_sample(true), 1.0, noise=NOISE, limit=LIMIT)
        return float(
            censored(samples, torch.full_like(samples.signal, light)).score.double().mean()
        )

    told = censored(
        seen(torch.full((1, 1), light), 1.0, noise=NOISE, limit=LIMIT),
        torch.full((1, 1, 1, 1), light),
    )
    even = (mean_score(light + other) + mean_score(light - other)) / 2
    odd = (mean_score(light + other) - mean_score(light - other)) / 2
    assert odd == pytest.approx(float(told.information) * other, rel=0.02)  # next term e^3
    assert even == pytest.approx(-float(told.bend) * other**2 / 2, rel=0.05)


def test_a_full_well_that_is_read_below_the_edge_moves_no_mean() -> None:
    # All samples are full wells, 3 read deviations above the edge: 1 in 741 is read below it.
    read, well = 2.0, LIMIT + 6.0
    noise = PlainNoise(floor=read**2, slope=1.0)
    light = LIMIT + 200.0
    signal = well + read / DEVIATION * (every_sample(light) - light)
    samples = seen(signal, 1.0, noise=noise, limit=LIMIT)
    at = torch.full_like(samples.signal, light)
    deviation = math.sqrt(float(noise.variance(at[0, 0, 0, 0])))

    known = censored(replace(samples, well=torch.full((1, 1, 1, 1), well)), at)
    unknown = censored(samples, at)

    assert abs(float(known.score.double().mean())) * deviation < 2e-4
    assert abs(float(unknown.score.double().mean())) * deviation > 3e-3


@pytest.mark.parametrize("deviations", [-4, -3, -2, -1, 0, 1, 2, 3])
@pytest.mark.parametrize("evs", [(-2, 0), (-4, -2, 0), (-2, 0, 0), (-4, 0)])
def test_across_the_limit_a_flat_field_is_within_a_fifth_of_a_decibel_and_unbiased(
    deviations: float, evs: Sequence[float]
) -> None:
    light_e = LIMIT_E + deviations * math.sqrt(LIMIT_E)

    merged = merge(taken(flat(light_e), evs), reference=len(evs) - 1, deghost=False)

    light = electrons(merged)
    n = light.numel()
    loss_db = 10 * math.log10(float(light.var()) / least_variance(light_e, evs))
    # A sample variance strays by sqrt(2 / n); the share of neighbours' light that all pixels of
    # an area have in common makes it a little more.
    stray_db = 10 / math.log(10) * math.sqrt(2 / n)
    assert -5 * stray_db < loss_db < 0.2
    assert abs(float(light.mean()) - light_e) < 5 * float(light.std()) / math.sqrt(n)
    said = float(merged.variance.double().mean()) * WHITE_E**2
    assert said == pytest.approx(float(light.var()), rel=5 * math.sqrt(2 / n) + 0.02)


def short_and_long(light: torch.Tensor, ratio: float = 4.0, seed: int = 3) -> list:
    """A short and a long exposure, normal noise of deviation 10 each, the long one clipped."""
    generator = torch.Generator().manual_seed(seed)
    noisy = [
        light * a + DEVIATION * torch.randn(light.shape, generator=generator) for a in (1, ratio)
    ]
    return [
        seen(noisy[0], 1.0, noise=NOISE, limit=LIMIT),
        seen(noisy[1], 4.0, noise=NOISE, limit=LIMIT, measured=noisy[1] < LIMIT),
    ]


def refined(bracket: list, used: list) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    short = bracket[0]
    information = torch.full_like(short.signal, 1 / DEVIATION**2)
    return with_clipped(bracket, used, used, short.signal, information)


def test_the_long_exposures_share_is_said() -> None:
    bracket = short_and_long(torch.full((60, 60), LIMIT / 4))

    estimate, information, added = refined(bracket, believable(bracket))

    gain = 1 + 16 * (0.5 + 1 / math.pi)
    assert float(information.median()) * DEVIATION**2 == pytest.approx(gain, rel=0.05)
    assert float(added[0].sum()) == 0
    torch.testing.assert_close(added[1] + 1 / DEVIATION**2, information)
    assert float(estimate.var()) == pytest.approx(DEVIATION**2 / gain, rel=5 * math.sqrt(2 / 3600))


def test_areas_are_worked_on_as_the_whole_picture_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    light = torch.full((300, 260), LIMIT / 8)
    light[40:110, 30:90] = LIMIT / 4  # two areas far from each other
    light[230:, 180:] = LIMIT / 4
    bracket = short_and_long(light)
    sizes: list[tuple[int, ...]] = []
    alone = near_limit._refined

    def noted(bracket: list, *planes: object) -> tuple:
        sizes.append(tuple(bracket[0].signal.shape[-2:]))
        return alone(bracket, *planes)

    monkeypatch.setattr(near_limit, "_refined", noted)
    estimate, information, added = refined(bracket, believable(bracket))
    whole = Area(inner=(slice(0, 300), slice(0, 260)), outer=(slice(0, 300), slice(0, 260)))
    monkeypatch.setattr(near_limit, "areas", lambda *a, **k: [whole])
    at_once = refined(bracket, believable(bracket))

    assert len(sizes) == 3
    assert sum(h * w for h, w in sizes[:2]) < 300 * 260 / 2
    assert torch.equal(estimate, at_once[0])
    assert torch.equal(information, at_once[1])
    assert torch.equal(added[1], at_once[2][1])
    assert float((added[1] > 0).float().mean()) > 0.05


def test_light_far_beyond_the_limit_is_not_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bracket = short_and_long(torch.full((60, 60), LIMIT / 2))
    monkeypatch.setattr(near_limit, "_refined", None)

    estimate, _, _ = refined(bracket, believable(bracket))

    assert torch.equal(estimate, bracket[0].signal)


def test_texture_is_left_to_the_short_exposure() -> None:
    light = torch.full((60, 60), LIMIT / 4)
    light[::2, ::2] += 5 * DEVIATION
    bracket = short_and_long(light)

    estimate, _, added = refined(bracket, believable(bracket))

    assert torch.equal(estimate, bracket[0].signal)
    assert float(added[1].sum()) == 0


def test_a_speck_in_a_flat_area_keeps_its_own_light() -> None:
    light = torch.full((60, 60), LIMIT / 4)
    light[30, 30] += 10 * DEVIATION
    bracket = short_and_long(light)

    estimate, _, added = refined(bracket, believable(bracket))

    assert float(estimate[0, 0, 30, 30]) == float(bracket[0].signal[0, 0, 30, 30])
    assert float(added[1][0, 0, 30, 30]) == 0


def test_a_long_exposure_that_contradicts_the_short_one_has_no_say() -> None:
    # A quarter more light than its exposure says: something else was there.
    bracket = short_and_long(torch.full((60, 60), LIMIT / 4 - 2 * DEVIATION), ratio=4.5)

    _, _, added = refined(bracket, [b.measured & (b.exposure < 2) for b in bracket])

    assert float((added[1] > 0).float().mean()) < 0.01


def test_without_a_shorter_exposure_nothing_changes() -> None:
    frames = taken(flat(LIMIT_E, 40), (0,))

    merged = merge(frames)

    assert torch.equal(merged.frame.measured, frames[0].measured)
    measured = merged.frame.measured
    torch.testing.assert_close(merged.frame.data[measured], frames[0].data[measured])
    again = taken(flat(LIMIT_E, 40), (0, 0))
    both = merge(again, deghost=False)
    assert torch.equal(both.frame.measured, again[0].measured | again[1].measured)


def test_what_a_long_exposure_invented_has_no_say() -> None:
    short, long = taken(flat(LIMIT_E, 60), (-2, 0))
    invented = replace(long, generated=torch.ones_like(long.measured))

    merged = merge([short, invented], reference=1, deghost=False)

    assert not bool(merged.frame.generated.any())
    assert float(electrons(merged).var()) > 3 * LIMIT_E  # of the short exposure: 4


def test_colours_of_a_mosaic_ask_their_own_neighbours() -> None:
    camera = CAMERA.with_fields(cfa=Cfa.RGGB, black_level_dn=(BLACK,) * 4)
    light = flat(LIMIT_E / 3, 200)
    light[::2, ::2] = LIMIT_E

    merged = merge(taken(light, (-2, 0), profile=camera), reference=1, deghost=False)

    red = electrons(merged)[::2, ::2]
    loss_db = 10 * math.log10(float(red.var()) / least_variance(LIMIT_E, (-2, 0)))
    assert abs(loss_db) < 0.2 + 5 * 10 / math.log(10) * math.sqrt(2 / red.numel())
    assert abs(float(red.mean()) - LIMIT_E) < 5 * float(red.std()) / 100
