"""Tukey-lambda read noise: its quantile, its density and its tails, against scipy's."""

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from isp.core.rng import Draws, Effect
from isp.core.tukey_deviation import tukey_lambda_deviation
from simulate.effects.tukey_lambda import cumulative, density, quantile, tukey_lambda
from tests.statistics import (
    NOISE_LIMIT,
    NOISE_P,
    deviation,
    lagged_correlation,
    two_sided_p,
)

SHAPES = [-0.3, -0.1, 0.0, 0.14, 0.5, 1.0]
SIDE = 1000
ENDS = torch.tensor([0, 1, 2, 1000, 2**31 - 1, 2**31, 2**32 - 1000, 2**32 - 2, 2**32 - 1])


def noise(shape: float, scale: float = 1.0, height: int = SIDE, width: int = SIDE) -> torch.Tensor:
    """Noise on a dark image; each shape has words of its own."""
    draws = Draws(
        seed=4, effect=Effect.READ, item=torch.tensor([SHAPES.index(shape)]) if shape in SHAPES
        else torch.zeros(1, dtype=torch.int64),
    )  # fmt: skip
    dark = torch.zeros(1, 1, height, width, dtype=torch.float64)
    return tukey_lambda(dark, torch.tensor([shape]), torch.tensor([scale]), draws)


@functools.cache
def million(shape: float) -> torch.Tensor:
    return noise(shape)


# --- the law ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_a_million_samples_follow_the_exact_law(shape: float) -> None:
    """Kolmogorov and Smirnov against scipy's cumulative probability.

    At every tenth of the ordered samples: between them the distance grows by 10 / n at most.
    """
    # The shape reaches the sampler as float32.
    law = stats.tukeylambda(float(np.float32(shape)))
    n = SIDE * SIDE
    ordered = million(shape).flatten().sort().values[::10].numpy()

    distance = np.abs(law.cdf(ordered) - np.arange(0, n, 10) / n).max() + 10 / n

    assert special.kolmogorov(distance * math.sqrt(n)) > NOISE_P


@pytest.mark.parametrize("shape", SHAPES)
def test_the_tails_lie_where_the_law_puts_them(shape: float) -> None:
    """The 100th of a million from either end: its probability is Beta(100, 999 901)."""
    n, k = SIDE * SIDE, 100
    ordered = million(shape).flatten().sort().values
    exact = float(np.float32(shape))

    for rank in (1, k):
        for value in (ordered[rank - 1], -ordered[n - rank]):
            place = float(cumulative(value, exact))  # scipy's has 1e-14, too little out there
            assert two_sided_p(stats.beta(rank, n - rank + 1), place) > NOISE_P


@pytest.mark.parametrize("shape", [s for s in SHAPES if s > -0.25])
def test_mean_and_variance_are_scipy_s(shape: float) -> None:
    """Excess kurtosis g makes the variance's error sqrt((2 + g) / n)."""
    n = SIDE * SIDE
    mean, variance, kurtosis = stats.tukeylambda.stats(float(np.float32(shape)), moments="mvk")
    drawn = million(shape)

    assert mean == 0
    assert abs(deviation(drawn.mean(), 0.0, math.sqrt(variance / n))) < NOISE_LIMIT
    error = variance * math.sqrt((2 + kurtosis) / n)
    assert abs(deviation(drawn.var(), variance, error)) < NOISE_LIMIT


@pytest.mark.parametrize("shape", [-0.4, *SHAPES, 2.0])
def test_the_closed_form_of_the_deviation_is_that_of_the_quantile(shape: float) -> None:
    """The integral of Q(u)^2 over u, and scipy's variance."""

    def squared(u: float) -> float:
        if shape == 0:
            return math.log(u / (1 - u)) ** 2
        return float((u**shape - (1 - u) ** shape) / shape) ** 2

    half, error = integrate.quad(squared, 0, 0.5, limit=500, epsabs=1e-12)
    # About 0 the closed form is bridged, which costs 6e-8.
    variance = tukey_lambda_deviation(shape) ** 2
    assert variance == pytest.approx(2 * half, rel=1e-7, abs=4 * error)
    if shape > -0.4:
        assert tukey_lambda_deviation(shape) == pytest.approx(stats.tukeylambda.std(shape), 1e-7)


@pytest.mark.parametrize("shape", [-0.1, 0.14])
def test_noise_does_not_remember_its_neighbours(shape: float) -> None:
    for down, right in ((0, 1), (1, 0), (1, 1), (0, 4)):
        r, n = lagged_correlation(million(shape), down, right)
        assert abs(r) < NOISE_LIMIT / math.sqrt(n)


# --- quantile and density --------------------------------------------------------------------


@pytest.mark.parametrize("shape", [-0.49, -5e-3, -1e-4, 1e-6, 5e-3, *SHAPES, 2.0, 7.0])
def test_the_quantile_is_scipy_s(shape: float) -> None:
    words = torch.cat([ENDS, torch.arange(0, 2**32, 2**32 // 999)])
    lower = words[words < 2**31]

    found = quantile(lower, torch.tensor(shape, dtype=torch.float64)).numpy()

    # Above the middle scipy's own 1 - p loses digits, so the lower half is compared.
    wanted = stats.tukeylambda.ppf((lower.numpy() + 0.5) / 2**32, shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-9 * 2**-20)


@given(word=st.integers(0, 2**31 - 1), shape=st.floats(-0.49, 3))
def test_the_quantile_is_odd_about_the_middle_word(word: int, shape: float) -> None:
    pair = quantile(torch.tensor([word, 2**32 - 1 - word]), torch.tensor([shape]).double())

    assert float(pair[0]) == -float(pair[1])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_greater_word_never_gives_less_noise(shape: float) -> None:
    words = torch.cat([torch.arange(0, 5000), torch.arange(0, 2**32, 104_729),
                       torch.arange(2**32 - 5000, 2**32)]).sort().values  # fmt: skip

    values = quantile(words, torch.tensor(shape, dtype=torch.float64))

    assert bool((values.diff() >= 0).all())


@pytest.mark.parametrize("shape", [1e-13, -1e-11, 1e-9, -1e-6])
def test_near_zero_it_becomes_the_logistic_law_without_a_jump(shape: float) -> None:
    """Q differs from the logit by half the shape times ln^2 p - ln^2 (1 - p), below 300 shape."""
    logistic = quantile(ENDS, torch.zeros(1, dtype=torch.float64))
    p = (ENDS.double() + 0.5) / 2**32

    torch.testing.assert_close(logistic, torch.special.logit(p), rtol=1e-9, atol=1e-9)
    near = quantile(ENDS, torch.tensor([shape], dtype=torch.float64))
    assert float((near - logistic).abs().max()) <= 300 * abs(shape) + 1e-13


@pytest.mark.parametrize("scale", [1.0, 2.5])
@pytest.mark.parametrize("shape", [-0.3, -0.1, 0.0, 0.14, 0.5, 1.0, 2.0])
def test_the_density_is_scipy_s(shape: float, scale: float) -> None:
    """From the middle to where one in 10^5 lies; beyond the ends of a finite support, 0."""
    edge = -stats.tukeylambda.ppf(1e-5, shape) * scale  # scipy's own p has an error of 1e-14
    x = torch.linspace(-edge, 0, 301, dtype=torch.float64)[1:]

    found = density(x, shape, scale).numpy()

    np.testing.assert_allclose(
        found, stats.tukeylambda.pdf(x.numpy(), shape, scale=scale), rtol=1e-8
    )
    np.testing.assert_allclose(density(-x, shape, scale).numpy(), found, rtol=1e-12)
    if shape > 0:
        outside = torch.tensor([-1.001, 1.001], dtype=torch.float64) * scale / shape
        assert density(outside, shape, scale).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shape", [-0.3, -0.1, 0.0, 0.14, 0.5])
def test_far_out_the_density_is_that_of_a_known_probability(shape: float) -> None:
    """At x = Q(p) it is 1 / (p^(l-1) + (1-p)^(l-1)): p from 1e-3 to 1e-12."""
    p = 10.0 ** -np.arange(3, 13)
    x = stats.tukeylambda.ppf(p, shape)

    found = density(torch.from_numpy(x), shape).numpy()

    np.testing.assert_allclose(found, 1 / (p ** (shape - 1) + (1 - p) ** (shape - 1)), rtol=1e-8)


def test_the_density_of_the_logistic_law_keeps_its_digits_far_out() -> None:
    x = torch.tensor([-100.0, -36.0, 36.0, 100.0], dtype=torch.float64)

    np.testing.assert_allclose(density(x, 0.0).numpy(), stats.logistic.pdf(x.numpy()), rtol=1e-12)


@pytest.mark.parametrize("shape", [-0.1, 0.0, 0.14, 0.5])
def test_the_density_is_the_slope_of_the_cumulative_probability_and_sums_to_one(
    shape: float,
) -> None:
    half = 1 / shape if shape > 0 else 400.0
    x = torch.linspace(-min(half, 6.0), min(half, 6.0), 2001, dtype=torch.float64)[200:-200]
    step = 1e-5

    slope = (cumulative(x + step, shape) - cumulative(x - step, shape)) / (2 * step)

    torch.testing.assert_close(density(x, shape), slope, rtol=1e-6, atol=1e-9)
    ends = torch.tensor([-half, half], dtype=torch.float64)
    mass = float(torch.diff(cumulative(ends, shape)))
    grid = torch.linspace(-half, half, 20_001, dtype=torch.float64)
    assert float(torch.trapezoid(density(grid, shape), grid)) == pytest.approx(mass, abs=1e-4)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.14, 1.0, 2.0])
def test_the_cumulative_probability_undoes_the_quantile(shape: float) -> None:
    p = (ENDS.double() + 0.5) / 2**32

    noise = quantile(ENDS, torch.tensor([shape], dtype=torch.float64))
    found = cumulative(3 * noise, shape, scale=3.0)

    # Near the ends of a finite support a last digit of x is several of p.
    torch.testing.assert_close(found, p, rtol=1e-11, atol=1e-15 if shape >= 1 else 0)


# --- on an image -----------------------------------------------------------------------------


def test_the_scale_is_in_electrons_and_not_the_deviation() -> None:
    """2 e- at shape 0.14 deviate by 2 * 1.453 = 2.905 e- (CONVENTIONS section 5.5)."""
    drawn = noise(0.14, 2.0)

    assert torch.equal(drawn, 2 * million(0.14))
    assert float(drawn.std()) == pytest.approx(2.905, rel=0.005)


def test_each_image_has_its_own_shape_and_scale() -> None:
    shapes, scales = torch.tensor([-0.1, 0.0, 0.5]), torch.tensor([1.0, 2.0, 3.0])
    items = torch.arange(3)
    signal = torch.linspace(0, 100, 12, dtype=torch.float64).reshape(1, 1, 3, 4)

    batch = tukey_lambda(
        signal.expand(3, 1, 3, 4), shapes, scales,
        Draws(seed=1, effect=Effect.READ, item=items),
    )  # fmt: skip

    for b in range(3):
        one = slice(b, b + 1)
        draws = Draws(seed=1, effect=Effect.READ, item=items[one])
        assert torch.equal(batch[one], tukey_lambda(signal, shapes[one], scales[one], draws))


def test_it_is_added_whatever_the_signal_is() -> None:
    signal = torch.linspace(0, 1000, 2500, dtype=torch.float64).reshape(1, 1, 50, 50)
    draws = Draws(seed=4, effect=Effect.READ)
    shape, scale = torch.tensor([-0.1]), torch.tensor([1.0])

    lit = tukey_lambda(signal, shape, scale, draws) - signal
    dark = tukey_lambda(torch.zeros_like(signal), shape, scale, draws)

    torch.testing.assert_close(lit, dark, atol=1e-12, rtol=0)


def test_a_tile_has_the_noise_of_its_place() -> None:
    shape, scale = torch.tensor([-0.1]), torch.tensor([1.0])
    whole = noise(-0.2, 1.0, 40, 50)

    tile = tukey_lambda(
        torch.zeros(1, 1, 13, 17, dtype=torch.float64), torch.tensor([-0.2]), scale,
        Draws(seed=4, effect=Effect.READ, origin=(7, 21)),
    )  # fmt: skip

    assert torch.equal(tile, whole[..., 7:20, 21:38])
    assert shape.shape == (1,)
