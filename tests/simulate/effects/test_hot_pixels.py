"""Hot pixels: how many there are, and how much more dark current they have."""

import math

import pytest
import torch
from scipy import stats

from isp.core.rng import Draws, Effect
from simulate.effects.hot_pixels import hot_current
from tests.statistics import (
    NOISE_LIMIT,
    NOISE_P,
    correlation,
    deviation,
    ks_uniform_p,
    normal_variance_error,
    share_error,
)

CPU = torch.device("cpu")


def hot(
    fraction: float = 0.05, median: float = 200.0, log_spread: float = 0.8, height: int = 1000,
    width: int = 800, body: int = 1, origin: tuple[int, int] = (0, 0),
) -> torch.Tensor:  # fmt: skip
    draws = Draws.fixed(body, Effect.HOT_PIXEL, "a", origin)
    return hot_current(fraction, median, log_spread, height, width, draws, CPU)


@pytest.mark.parametrize("fraction", [0.001, 0.05, 0.5])
def test_their_share_is_binomial(fraction: float) -> None:
    current = hot(fraction)
    share = float((current > 0).double().mean())

    assert abs(deviation(share, fraction, share_error(fraction, current.numel()))) < NOISE_LIMIT


def test_their_current_is_log_normal() -> None:
    """The law is ln I ~ N(ln 200, 0.8^2), by mean, variance and Kolmogorov and Smirnov."""
    current = hot()
    logs = current[current > 0].log()
    n = len(logs)

    assert abs(deviation(logs.mean(), math.log(200), 0.8 / math.sqrt(n))) < NOISE_LIMIT
    assert abs(deviation(logs.var(), 0.64, normal_variance_error(0.8, n))) < NOISE_LIMIT
    law = stats.lognorm(s=0.8, scale=200.0)
    assert ks_uniform_p(law.cdf(current[current > 0].numpy())) > NOISE_P


def test_without_spread_all_have_the_median() -> None:
    current = hot(log_spread=0.0)

    assert set(current.unique().tolist()) == {0.0, 200.0}


def test_which_they_are_says_nothing_about_how_hot_they_are() -> None:
    """The lower the word that chose a site, the lower would its current be from the same word."""
    few, many = hot(0.05) > 0, hot(0.5)
    logs = many[many > 0].log()
    chosen = few[many > 0]

    assert bool((many[few] > 0).all())  # a larger share keeps the sites of a smaller one
    assert torch.equal(hot(0.05)[few], many[few])
    assert abs(correlation(chosen, logs)) < NOISE_LIMIT / math.sqrt(len(logs))


def test_they_do_not_come_in_lines() -> None:
    sites = (hot() > 0).double()[0, 0]

    for lines, length in ((sites.sum(0), 1000), (sites.sum(1), 800)):
        # Pearson's dispersion of binomial counts.
        expected = length * 0.05
        statistic = float(((lines - expected) ** 2).sum()) / (expected * 0.95)
        p = stats.chi2(len(lines))
        assert NOISE_P < p.sf(statistic) < 1 - NOISE_P


def test_a_tile_has_those_of_its_place_and_a_body_keeps_them() -> None:
    whole = hot(0.3, height=40, width=50)

    assert torch.equal(hot(0.3, height=13, width=17, origin=(7, 21)), whole[..., 7:20, 21:38])
    other = hot(0.3, height=40, width=50, body=2)
    assert not torch.equal(other > 0, whole > 0)


def test_no_share_is_none() -> None:
    assert float(hot(0.0).max()) == 0
    assert float(hot(1.0).min()) > 0
