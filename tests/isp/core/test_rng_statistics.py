"""The draws are uniform or normal, and none remembers another."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from isp.core.rng import Draws, Effect, normal, uniform
from tests.statistics import correlation, ks_uniform_p, lagged_correlation, z_threshold


def test_uniforms_are_open_symmetric_and_exact() -> None:
    ends = uniform(torch.tensor([0, 2**31 - 1, 2**31, 2**32 - 1]))

    assert ends.tolist() == [2.0**-33, 0.5 - 2.0**-33, 0.5 + 2.0**-33, 1 - 2.0**-33]


def test_normals_are_the_inverse_cdf_of_the_word() -> None:
    words = torch.cat([
        torch.arange(0, 50), torch.arange(2**32 - 50, 2**32), torch.arange(2**31 - 5, 2**31 + 5),
        Draws(seed=5, effect=Effect.READ).words(1, 2000).flatten(),
    ])  # fmt: skip
    u = (words.numpy() + 0.5) / 2**32
    complement = (2**32 - 1 - words.numpy() + 0.5) / 2**32
    expected = np.where(u < 0.5, stats.norm.ppf(u), stats.norm.isf(complement))

    # ndtri in float64 is good to a few units in the last place of a number up to 6.3.
    assert float((normal(words) - torch.tensor(expected)).abs().max()) < 1e-13


@given(word=st.integers(0, 2**32 - 1))
def test_normals_are_odd_about_the_middle_word(word: int) -> None:
    pair = normal(torch.tensor([word, 2**32 - 1 - word]))

    assert float(pair[0]) == -float(pair[1])


def test_draws_are_normal() -> None:
    n = 1_000_000
    z = normal(Draws(seed=20240607, effect=Effect.READ).words(1000, 1000))
    limit = z_threshold(4)

    assert abs(float(z.mean())) < limit / n**0.5
    assert abs(float(z.var()) - 1) < limit * (2 / n) ** 0.5
    # The fourth moment of a normal is 3 with variance 96 about it.
    assert abs(float((z**4).mean()) - 3) < limit * (96 / n) ** 0.5
    assert ks_uniform_p(stats.norm.cdf(z.flatten().numpy())) > 1e-3 / 4


@pytest.mark.parametrize("effect", [Effect.SHOT, Effect.PRNU, Effect.READ])
def test_words_do_not_remember_their_neighbours(effect: Effect) -> None:
    """Lags 1 to 8 along rows, columns and the diagonal: |r| < 5 / sqrt(N)."""
    u = uniform(Draws(seed=11, effect=effect, sensor="cam").words(1000, 1000))

    for lag in range(1, 9):
        for down, right in ((0, lag), (lag, 0), (lag, lag)):
            r, n = lagged_correlation(u, down, right)
            assert abs(r) < 5 / n**0.5, (lag, down, right)


def test_row_draws_do_not_remember_their_neighbours() -> None:
    u = uniform(Draws(seed=11, effect=Effect.ROW).per_row(65536))

    for lag in range(1, 9):
        r, n = lagged_correlation(u, lag, 0)
        assert abs(r) < 5 / n**0.5, lag


def test_streams_seeds_frames_items_and_blocks_are_independent() -> None:
    def field(block: int = 0, **change: object) -> torch.Tensor:
        return uniform(Draws(**({"seed": 11, "effect": Effect.SHOT} | change)).words(  # type: ignore[arg-type]
            1000, 1000, block=block))  # fmt: skip

    first = field()
    others = [
        field(effect=Effect.READ), field(effect=Effect.PRNU), field(effect=Effect.DSNU),
        field(seed=12), field(seed=11 + 2**32), field(sensor="b"), field(block=1),
        field(frame=torch.tensor([1])), field(item=torch.tensor([1])),
    ]  # fmt: skip

    for other in others:
        assert abs(correlation(first, other)) < 5 / first.numel() ** 0.5
