"""Increments obey the laws that the paper's equations state, and nothing knows the answer."""

import math

import pytest
import torch
from scipy import stats
from torch import Tensor

from enhance.exposure_diffusion import (
    Captured,
    Growth,
    grown,
    packed_words,
    passes,
    refined,
)
from enhance.nets.adaptive_residual import Heads
from enhance.nets.raw_net import RawNet
from enhance.schedule import exposures
from isp.core.errors import UsageError
from isp.core.poisson import poisson
from isp.core.rng import Draws, Effect, normal

SIDE = 500  # 4 planes of 500 x 500: a million photosites
N = 4 * SIDE**2
WHITE_E = 20.0


class Estimate(RawNet):
    """An estimate that is known: F = scale (X + share (x_t - X))."""

    def __init__(self, clean: float, share: float = 0.0, scale: float = 1.0) -> None:
        super().__init__()
        self.clean, self.share, self.scale = clean, share, scale
        self.halo, self.multiple = 0, 1

    def heads(self, amplified: Tensor, *_: Tensor | None) -> Heads:
        value = self.scale * (self.clean + self.share * (amplified - self.clean))
        return Heads(share=torch.ones_like(amplified[:, :1]), direct=value, corrected=value)


def draws(seed: int = 7) -> Draws:
    return Draws(seed=seed, effect=Effect.NETWORK, sensor="test")


def captured(clean: float, read_e: float, side: int = SIDE, seed: int = 1) -> Captured:
    like = torch.full((1, 4, side, side), clean * WHITE_E)
    shot = packed_words(Draws(seed=seed, effect=Effect.SHOT), like, 0)
    read = packed_words(Draws(seed=seed, effect=Effect.READ), like, 0)
    return Captured(
        electrons=poisson(like, shot) + read_e * normal(read).float(),
        white_e=torch.full((1, 1, 1, 1), WHITE_E),
        dark_variance_e2=torch.full((1, 1, 1, 1), read_e**2),
    )


def last_state(net: RawNet, start: Captured, at: tuple[float, ...], kind: str) -> Tensor:
    *_, (amplified, exposure, _) = passes(net, start, at, draws(), Growth(increment=kind))
    return (amplified * exposure * WHITE_E).double()


@pytest.mark.parametrize("kind", ["chain", "cumulative"])
@pytest.mark.parametrize(("light_e", "read_e"), [(0.05, 0.0), (0.5, 1.0), (3.0, 4.0), (30.0, 1.0)])
@pytest.mark.parametrize(
    ("ratio", "steps"),
    [(10.0, 1), (100.0, 2), pytest.param(300.0, 5, marks=pytest.mark.slow)],
)
def test_a_state_has_the_mean_and_variance_of_a_real_exposure(
    kind: str, light_e: float, read_e: float, ratio: float, steps: int
) -> None:
    at = exposures(ratio, steps)
    state = last_state(Estimate(light_e / WHITE_E), captured(light_e / WHITE_E, read_e), at, kind)

    mean = at[-1] * light_e
    variance = mean + read_e**2
    # Fourth cumulant of Poisson and Gauss is the mean's: var(s^2) = (m4 - v^2) / n.
    assert abs(float(state.mean()) - mean) < 4 * math.sqrt(variance / N)
    assert abs(float(state.var()) - variance) < 4 * math.sqrt((mean + 2 * variance**2) / N)


@pytest.mark.parametrize("ratio", [10.0, 100.0])
def test_both_forms_of_the_increment_have_one_law_when_the_estimate_is_the_truth(
    ratio: float,
) -> None:
    at, clean = exposures(ratio, 2), 3.0 / WHITE_E
    one, other = (
        last_state(Estimate(clean), captured(clean, 1.0, seed=seed), at, kind).flatten()[:200_000]
        for kind, seed in (("chain", 1), ("cumulative", 2))
    )

    assert stats.ks_2samp(one.numpy(), other.numpy()).pvalue > 1e-4


def test_without_read_noise_the_third_moment_is_that_of_photons() -> None:
    at, light_e = exposures(10.0, 2), 3.0
    for kind in ("chain", "cumulative"):
        state = last_state(Estimate(light_e / WHITE_E), captured(light_e / WHITE_E, 0.0), at, kind)
        mean = at[-1] * light_e
        third = float((state - state.mean()).pow(3).mean())
        # Variance of a third central moment of nearly normal values: about 6 v^3 + 9 ... v^2.
        assert abs(third - mean) < 4 * math.sqrt((6 * mean**3 + 20 * mean**2 + mean) / N)


@pytest.mark.parametrize(("share", "chained", "afresh"), [(0.3, 0.227, 0.047)])
def test_an_estimate_that_passes_noise_on_is_kept_by_the_chain_and_forgotten_otherwise(
    share: float, chained: float, afresh: float
) -> None:
    """Variances of s / lambda at lambda 100, X 3 e-, read variance 4 e2: METHODS section 1.1."""
    clean = 3.0 / WHITE_E
    spread = {}
    for kind in ("chain", "cumulative"):
        start = captured(clean, 2.0)
        steps = (1.0, 34.0, 67.0, 100.0)
        state = last_state(Estimate(clean, share=share), start, steps, kind)
        spread[kind] = float((state / 100).var())
        assert abs(float(state.mean()) / 100 - 3.0) < 0.01

    assert spread["chain"] == pytest.approx(chained, rel=0.03)
    assert spread["cumulative"] == pytest.approx(afresh, rel=0.03)


@pytest.mark.parametrize("kind", ["chain", "cumulative"])
def test_an_estimate_five_percent_too_bright_makes_the_state_nearly_that_much_too_bright(
    kind: str,
) -> None:
    at, clean = exposures(100.0, 2), 3.0 / WHITE_E
    state = last_state(Estimate(clean, scale=1.05), captured(clean, 1.0), at, kind)

    # What was captured is right, what was added is 5 % too much.
    bias = float(state.mean()) / (at[-1] * 3.0) - 1
    assert bias == pytest.approx(0.05 * (at[-1] - 1) / at[-1], abs=4 * math.sqrt(1 / 3 / N))


def test_the_gradient_of_a_draw_is_that_of_its_mean() -> None:
    start = captured(0.15, 1.0, side=250)
    estimate = torch.full_like(start.electrons, 0.15)

    def mean_state(value: float) -> float:
        given = estimate * (value / 0.15)
        state = grown(start, start.electrons, given, (1.0, 50.0), draws(), 0, Growth())
        return float(state.double().mean())

    leaf = estimate.clone().requires_grad_()
    grown(start, start.electrons, leaf, (1.0, 50.0), draws(), 0, Growth()).mean().backward()
    assert leaf.grad is not None
    finite = (mean_state(0.16) - mean_state(0.14)) / 0.02
    # The same words on both sides leave the noise of what is drawn between the two rates only.
    error = math.sqrt(0.02 * 49 * WHITE_E / start.electrons.numel()) / 0.02

    assert float(leaf.grad.sum()) == pytest.approx(49 * WHITE_E, rel=1e-5)
    assert abs(finite - 49 * WHITE_E) < 4 * error


def test_the_same_seed_gives_the_same_picture_and_another_seed_another() -> None:
    start, at = captured(0.15, 1.0, side=20), exposures(100.0, 2)
    net = Estimate(0.15, share=0.3)

    first, again, other = (refined(net, start, at, draws(seed)) for seed in (3, 3, 4))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_no_light_and_negative_captures_stay_numbers_and_negatives_are_kept() -> None:
    start = captured(0.0, 2.0, side=20)
    seen = [x for x, _, _ in passes(Estimate(0.0), start, exposures(100.0, 2), draws())]

    assert bool((seen[0] < 0).any())
    # Nothing is added to darkness, so the state is the capture still, negatives and all.
    torch.testing.assert_close(seen[-1] * 67 * WHITE_E, start.electrons)


def test_read_noise_of_increments_adds_its_variance_for_each_one_that_is_kept() -> None:
    light_e, at = 3.0, (1.0, 34.0, 67.0)
    clean = light_e / WHITE_E
    for kind, times in (("chain", 2), ("cumulative", 1)):
        growth = Growth(increment=kind, read_noise_e=5.0)
        *_, (x, _, _) = passes(Estimate(clean), captured(clean, 1.0), at, draws(), growth)
        variance = float((x.double() * 67 * WHITE_E).var())
        expected = 67 * light_e + 1 + 25 * times
        assert abs(variance - expected) < 4 * math.sqrt((67 * light_e + 2 * expected**2) / N)


def test_the_mean_in_place_of_a_draw_adds_no_noise() -> None:
    start = captured(0.15, 1.0, side=20)
    growth = Growth(poisson=False)

    state = grown(
        start, start.electrons, start.electrons * 0 + 0.15, (1.0, 50.0), draws(), 0, growth
    )

    torch.testing.assert_close(state, start.electrons + 49 * 0.15 * WHITE_E)


def test_a_tile_draws_what_the_whole_draws() -> None:
    whole = captured(0.15, 1.0, side=24)
    tile = Captured(
        electrons=whole.electrons[..., 4:, 8:], white_e=whole.white_e,
        dark_variance_e2=whole.dark_variance_e2,
    )  # fmt: skip
    net, at = Estimate(0.15, share=0.3), exposures(50.5, 2)
    there = Draws(seed=7, effect=Effect.NETWORK, sensor="test", origin=(8, 16))

    torch.testing.assert_close(
        refined(net, tile, at, there), refined(net, whole, at, draws())[..., 4:, 8:]
    )


@pytest.mark.parametrize(
    "wrong", [lambda: Growth(increment="both"), lambda: Growth(read_noise_e=-1.0),
              lambda: list(passes(Estimate(0.1), captured(0.1, 1.0, 4), (2.0, 3.0), draws())),
              lambda: list(passes(Estimate(0.1), captured(0.1, 1.0, 4), (1.0, 3.0, 2.0), draws()))],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError):
        wrong()  # type: ignore[operator]


def test_more_electrons_than_can_be_drawn_are_refused_by_a_sentence() -> None:
    start = captured(0.15, 1.0, side=4)

    with pytest.raises(UsageError, match="beyond 2\\^24"):
        refined(Estimate(1e9), start, exposures(300.0, 1), draws())
