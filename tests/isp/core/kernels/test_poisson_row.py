"""The fast Poisson of a row is the exact quantile, integer for integer."""

import numpy as np
import pytest
import torch
from scipy.special import gammainc, gammaincc, ndtr
from scipy.stats import poisson as oracle

from isp.core.kernels import poisson_row
from isp.core.poisson import quantile
from isp.core.poisson_cpu import in_threads
from isp.core.poisson_series import A_COEFFICIENTS, C0_COEFFICIENTS, S_RANGE

CONSTANTS = np.array(A_COEFFICIENTS), np.array(C0_COEFFICIENTS), *S_RANGE
RATES = [
    0.0, 1e-6, 1e-3, 0.01, 0.1, 0.3, 1.0, 3.0, 5.0, 8.0, 9.5, 9.99, 9.999999, 10.0, 10.01, 11.0,
    12.5, 15.0, 20.0, 25.0, 29.9, 30.0, 30.1, 50.0, 86.0, 99.0, 100.0, 101.0, 300.0, 1e3, 3e3, 1e4,
    3e4, 1e5, 1e6, 1e7,
]  # fmt: skip
ENDS = np.concatenate([np.arange(500), 2**31 - 250 + np.arange(500), 2**32 - 500 + np.arange(500)])


def fast(rate: np.ndarray, words: np.ndarray) -> np.ndarray:
    return in_threads(poisson_row.poisson_rows, rate, words.astype(np.uint32), CONSTANTS)


def reference(rate: np.ndarray, words: np.ndarray) -> np.ndarray:
    return quantile(torch.from_numpy(rate.astype(np.float64)), torch.from_numpy(words)).numpy()


@pytest.mark.parametrize("rate", RATES)
def test_every_integer_is_the_reference_s(rate: float) -> None:
    words = np.concatenate([ENDS, np.random.default_rng(5).integers(0, 2**32, 40_000)])
    rates = np.full(len(words), rate, np.float32)

    np.testing.assert_array_equal(fast(rates, words), reference(rates, words))


@pytest.mark.parametrize("rate", [r for r in RATES if 0.01 <= r <= 1e5])
def test_the_words_beside_every_step_of_the_cdf_fall_on_their_side(rate: float) -> None:
    """Where a float32 form would be wrong first: scipy's CDF says where the steps are."""
    rate32 = np.float32(rate)
    spread = 6.4 * np.sqrt(rate) + 30
    counts = np.arange(max(0, np.floor(rate - spread)), np.ceil(rate + spread))
    steps = oracle.cdf(counts, float(rate32)) * 2.0**32 - 0.5
    words = (np.rint(steps)[:, None] + np.arange(-2, 3)).astype(np.int64).ravel()
    words = np.unique(words[(words >= 0) & (words < 2**32)])
    rates = np.full(len(words), rate32, np.float32)

    np.testing.assert_array_equal(fast(rates, words), reference(rates, words))


def test_mixed_rates_in_a_row_give_the_reference_s_integers() -> None:
    generator = np.random.default_rng(6)
    rates = np.exp(generator.uniform(np.log(1e-4), np.log(1e6), 400_000)).astype(np.float32)
    words = generator.integers(0, 2**32, len(rates))

    np.testing.assert_array_equal(fast(rates, words), reference(rates, words))


def test_rates_on_both_sides_of_the_switch_share_a_row() -> None:
    generator = np.random.default_rng(7)
    rates = generator.uniform(8, 12, 300_000).astype(np.float32)
    words = generator.integers(0, 2**32, len(rates))

    np.testing.assert_array_equal(fast(rates, words), reference(rates, words))


def test_a_row_of_any_length_is_filled_to_its_end() -> None:
    for n in (1, 3, 1023, 1024, 1025, 2500):
        words = np.random.default_rng(n).integers(0, 2**32, n)
        rates = np.linspace(0, 40, n).astype(np.float32)

        np.testing.assert_array_equal(fast(rates, words), reference(rates, words))


@pytest.mark.parametrize("rate", [10.0, 11.0, 14.0, 20.0, 25.0, 40.0, 80.0, 99.9, 100.0, 300.0])
def test_the_series_is_closer_to_the_real_quantile_than_half_its_band(rate: float) -> None:
    """The real x with Q(x, rate) = u: where the count steps, by scipy's incomplete gamma."""
    z = np.linspace(-5.4, 6.34, 1500)
    s = z / np.sqrt(rate)
    z, s = (v[(s > float(poisson_row.S_LOW)) & (s < float(poisson_row.S_HIGH))] for v in (z, s))
    t = (2 * s - sum(S_RANGE)) / (S_RANGE[1] - S_RANGE[0])
    a, c0 = (np.polynomial.polynomial.polyval(t, c) for c in CONSTANTS[:2])
    x = rate + np.sqrt(rate) * z * (1 + s / 6 + s * s * a) + c0
    x -= 0.0218 / (x + 0.065 * rate)

    low, high = np.full_like(x, 1e-9), np.full_like(x, rate + 20 * np.sqrt(rate) + 50)
    for _ in range(80):
        middle = (low + high) / 2
        lower = gammaincc(middle, rate) < ndtr(z)
        upper = gammainc(middle, rate) > ndtr(-z)
        below = np.where(z < 0, lower, upper)
        low, high = np.where(below, middle, low), np.where(below, high, middle)

    band = float(poisson_row.BAND_100 if rate < 100 else poisson_row.BAND)
    assert np.abs(x - low).max() < band / 2


def test_the_float32_part_settles_nearly_everything_itself() -> None:
    """The doubtful band is what the exact test has to pay for; too wide, and nothing is gained."""
    words = np.random.default_rng(9).integers(0, 2**32, 1024).astype(np.uint32)
    shares = {}
    for rate in (5.0, 15.0, 50.0, 500.0, 1e4):
        counts, doubtful = np.empty(1024, np.float32), np.empty(1024, np.bool_)
        rates = np.full(1024, rate, np.float32)
        poisson_row.poisson_row(
            rates, words, 1024, counts, doubtful, np.empty((6, 1024), np.float32), *CONSTANTS
        )
        shares[rate] = doubtful.mean()

    # At 15 e- the lower tail beyond the series, z < -2.6, is 0.4 % of the draws.
    assert all(share < 0.02 for share in shares.values()), shares
