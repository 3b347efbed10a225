"""Each rung of a ladder is a direct capture in law, and its increments are Poisson and new."""

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, DrawError, FrameError
from isp.core.frame import Frame
from isp.core.poisson import poisson
from isp.core.rng import Draws, Effect, normal
from simulate.ladder import ladder
from tests.simulate.plain_camera import camera, crop, expected, flat
from tests.statistics import (
    charlier_is_normal,
    charlier_z,
    correlation,
    frequencies_of,
    poisson_variance_error,
    z_threshold,
)

EXPOSURES = (1.0, 2.0, 10.0, 33.0)
RATE = 3.0
SIDE = 500  # 4 rungs of 250 000 photosites: a million
SITES = SIDE * SIDE


def rungs(form: str, rate: float = RATE, **options: object) -> list[Tensor]:
    frames = ladder(flat(rate, SIDE, SIDE), EXPOSURES, 5, form=form, **options)  # type: ignore[arg-type]
    return [frame.data.double() for frame in frames]


@pytest.mark.parametrize("form", ["chain", "cumulative", "coupled"])
@pytest.mark.parametrize("rate", [0.05, RATE, 40.0])
def test_mean_and_variance_of_every_rung_are_those_of_a_direct_capture(
    form: str, rate: float
) -> None:
    limit = z_threshold(8 * 9)
    for exposure, held in zip(EXPOSURES, rungs(form, rate), strict=True):
        wanted = exposure * rate
        assert abs(float(held.mean()) - wanted) < limit * math.sqrt(wanted / SITES)
        assert abs(float(held.var()) - wanted) < limit * poisson_variance_error(wanted, SITES)


@pytest.mark.parametrize("form", ["chain", "cumulative", "coupled"])
@pytest.mark.parametrize("rate", [0.05, RATE])
def test_every_rung_is_poisson_as_a_direct_capture_is(form: str, rate: float) -> None:
    """Charlier's C1 to C3: a normal number in a Poisson's place fails the third by far."""
    limit = z_threshold(12 * 6)
    for exposure, held in zip(EXPOSURES, rungs(form, rate), strict=True):
        scores = charlier_z(frequencies_of(held), exposure * rate)
        for order, score in enumerate(scores, start=1):
            if charlier_is_normal(SITES, exposure * rate, order):
                assert abs(score) < limit


def test_increments_of_a_chain_are_poisson_and_independent() -> None:
    held = rungs("chain")
    increments = [held[0], *(b - a for a, b in itertools.pairwise(held))]
    rates = [RATE, *((b - a) * RATE for a, b in itertools.pairwise(EXPOSURES))]

    limit = z_threshold(12 + 6)
    for increment, rate in zip(increments, rates, strict=True):
        assert max(map(abs, charlier_z(frequencies_of(increment), rate))) < limit
    for i in range(4):
        for j in range(i):
            assert abs(correlation(increments[i], increments[j])) < limit / math.sqrt(SITES)


def covariance_z(first: Tensor, second: Tensor, wanted: float) -> float:
    """The z of a sample covariance: its error from the fourth moments that the sample shows."""
    product = (first - first.mean()) * (second - second.mean())
    return float((product.mean() - wanted) / (product.std() / math.sqrt(product.numel())))


@pytest.mark.parametrize("form", ["chain", "cumulative"])
def test_rungs_covary_by_what_they_have_in_common(form: str) -> None:
    """Chain: Cov(s_t, s_(t-1)) = Var(s_t). Cumulative: only the capture is common."""
    held = rungs(form)

    limit = z_threshold(12)
    for k in range(1, 4):
        for j in range(k):
            common = EXPOSURES[j] * RATE if form == "chain" else RATE
            assert abs(covariance_z(held[j], held[k], common)) < limit


@pytest.mark.parametrize(
    ("form", "falls"), [("chain", False), ("cumulative", True), ("coupled", False)]
)
def test_only_a_cumulative_ladder_ever_falls(form: str, falls: bool) -> None:
    """From P(3) to P(6) above the same capture, about one site in ten falls."""
    field = flat(RATE, 100, 100)

    held = [f.data for f in ladder(field, (1.0, 2.0, 3.0), 5, form=form)]  # type: ignore[arg-type]

    assert any(bool((b < a).any()) for a, b in itertools.pairwise(held)) is falls


@pytest.mark.parametrize("form", ["chain", "cumulative"])
def test_a_capture_with_read_noise_keeps_it_and_gets_no_more(form: str) -> None:
    """METHODS 1.1: 3 e- and read variance 4, at lambda 100: mean 300, variance 304."""
    field = flat(RATE, SIDE, SIDE)
    draws = {effect: Draws(seed=9, effect=effect) for effect in (Effect.SHOT, Effect.READ)}
    words = {effect: drawn.words(SIDE, SIDE) for effect, drawn in draws.items()}
    noisy = poisson(field.data.double(), words[Effect.SHOT]) + 2 * normal(words[Effect.READ])
    start = replace(field, data=noisy.float(), domain=Domain.ELECTRONS)

    held = [f.data for f in ladder(field, (1, 50.5, 100), 5, form=form, start=start)]  # type: ignore[arg-type]

    assert torch.equal(held[0], start.data)
    last, limit = held[-1].double(), z_threshold(4)
    assert abs(float(last.mean()) - 300) < limit * math.sqrt(304 / SITES)
    # mu4 of the sum: Poisson's 300 + 3 300^2, the normal's 3 4^2, and 6 300 4 between them.
    fourth = 300 + 3 * 300**2 + 3 * 4**2 + 6 * 300 * 4
    assert abs(float(last.var()) - 304) < limit * math.sqrt((fourth - 304**2) / SITES)


def test_a_rung_says_which_it_is_and_how_long_it_was_exposed() -> None:
    frames = list(ladder(flat(RATE, 4, 4), (0.5, 2.0), 5, form="cumulative"))

    assert [f.domain for f in frames] == [Domain.ELECTRONS] * 2
    assert [f.history[-1] for f in frames] == [
        ("ladder", {"seed": 5, "rung": 0, "exposure": 0.5, "form": "cumulative"}),
        ("ladder", {"seed": 5, "rung": 1, "exposure": 2.0, "form": "cumulative"}),
    ]
    times = [f.shot.exposure_time_s.tolist() for f in frames]
    assert times == [pytest.approx([0.005]), pytest.approx([0.02])]


@pytest.mark.parametrize("form", ["chain", "cumulative", "coupled"])
def test_tiles_and_parts_of_a_batch_give_the_whole_ladder(form: str) -> None:
    generator = torch.Generator().manual_seed(2)
    field = replace(
        expected(30 * torch.rand(3, 21, 34, generator=generator)), profile=camera()
    )  # fmt: skip

    def climbed(frame: Frame, **options: object) -> list[Tensor]:
        return [f.data for f in ladder(frame, EXPOSURES, 5, form=form, **options)]  # type: ignore[arg-type]

    whole = climbed(field)
    for y, x, height, width in ((0, 0, 8, 8), (3, 10, 9, 13), (20, 33, 1, 1)):
        tile = climbed(crop(field, y, x, height, width), origin=(y, x))
        cut = [w[..., y : y + height, x : x + width] for w in whole]
        assert all(torch.equal(a, b) for a, b in zip(tile, cut, strict=True))
    for i in range(3):
        alone = climbed(field.select(slice(i, i + 1)))
        assert all(torch.equal(a, b[i : i + 1]) for a, b in zip(alone, whole, strict=True))


def test_a_rung_does_not_depend_on_those_above_it() -> None:
    field = flat(RATE, 20, 20)

    few = [f.data for f in ladder(field, EXPOSURES[:2], 5)]
    many = [f.data for f in ladder(field, EXPOSURES, 5)]

    assert all(torch.equal(a, b) for a, b in zip(few, many, strict=False))


def test_a_ladder_shares_no_words_with_the_photons_of_a_capture() -> None:
    field = flat(RATE, SIDE, SIDE)
    captured = poisson(
        field.data.double(), Draws(seed=5, effect=Effect.SHOT).words(SIDE, SIDE)
    )  # fmt: skip

    r = correlation(captured, next(ladder(field, (1.0,), 5)).data)

    assert abs(r) < z_threshold(1) / SIDE


@pytest.mark.parametrize(
    ("exposures", "words"),
    [
        ((), "rise from 0"), ((1.0, 1.0), "rise from 0"), ((2.0, 1.0), "rise from 0"),
        ((-1.0, 1.0), "rise from 0"), ((1.0, math.inf), "rise from 0"),
    ],
)  # fmt: skip
def test_exposures_that_do_not_rise_are_refused(exposures: tuple[float, ...], words: str) -> None:
    with pytest.raises(FrameError, match=words):
        ladder(flat(RATE, 2, 2), exposures, 5)


def test_what_a_ladder_cannot_start_from_is_refused_before_a_rung_is_taken() -> None:
    field = flat(RATE, 2, 2)
    start = replace(field, domain=Domain.ELECTRONS)
    with pytest.raises(DomainError, match="starts from EXPECTED, but got ELECTRONS"):
        ladder(start, (1.0,), 5)
    with pytest.raises(FrameError, match="but EXPECTED"):
        ladder(field, (1.0,), 5, start=field)
    with pytest.raises(FrameError, match="coupled rungs are drawn together"):
        ladder(field, (1.0,), 5, form="coupled", start=start)
    with pytest.raises(DrawError, match="at most 2\\^24 electrons, but 3e\\+07"):
        ladder(field, (1.0, 1e7), 5)
