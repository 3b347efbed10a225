"""The compiled Poisson quantile is the torch one, draw for draw."""

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from isp.core import poisson_cpu
from isp.core.poisson import quantile
from isp.core.poisson_series import A_COEFFICIENTS, C0_COEFFICIENTS, S_RANGE

A, C0 = np.array(A_COEFFICIENTS), np.array(C0_COEFFICIENTS)
RATES = [0.0, 1e-3, 0.3, 4.0, 9.99, 10.0, 10.01, 12.5, 29.9, 30.0, 86.0, 99.0, 100.0, 3e3, 1e5]
ENDS = np.concatenate([np.arange(300), 2**31 - 150 + np.arange(300), 2**32 - 300 + np.arange(300)])


def compiled(lam: np.ndarray, words: np.ndarray) -> np.ndarray:
    return poisson_cpu.in_threads(poisson_cpu.quantiles, lam, words, (A, C0, *S_RANGE))


@pytest.mark.parametrize("rate", RATES)
def test_every_integer_is_the_reference_s(rate: float) -> None:
    words = np.concatenate([ENDS, np.random.default_rng(5).integers(0, 2**32, 20_000)])
    lam = np.full(len(words), rate)

    reference = quantile(torch.from_numpy(lam), torch.from_numpy(words)).numpy()

    np.testing.assert_array_equal(compiled(lam, words), reference)


def test_mixed_rates_give_the_reference_s_integers() -> None:
    generator = np.random.default_rng(6)
    lam = np.exp(generator.uniform(np.log(1e-3), np.log(1e6), 300_000))
    words = generator.integers(0, 2**32, len(lam))

    reference = quantile(torch.from_numpy(lam), torch.from_numpy(words)).numpy()

    np.testing.assert_array_equal(compiled(lam, words), reference)


def test_the_number_of_threads_changes_nothing() -> None:
    generator = np.random.default_rng(7)
    lam = generator.uniform(0, 500, 3 * poisson_cpu.SPLIT + 17)
    words = generator.integers(0, 2**32, len(lam))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = compiled(lam, words)
        torch.set_num_threads(3)
        together = compiled(lam, words)
    finally:
        torch.set_num_threads(before)

    np.testing.assert_array_equal(together, alone)


def test_the_normal_quantile_is_scipy_s_to_a_few_units_in_the_last_place() -> None:
    words = np.concatenate([ENDS, np.random.default_rng(8).integers(0, 2**32, 20_000)])
    found = np.array([poisson_cpu._normal(int(w)) for w in words])

    lower = (np.minimum(words, 2**32 - 1 - words) + 0.5) * 2.0**-32
    expected = ndtri(lower) * np.where(words < 2**31, 1, -1)

    # AS 241 promises about one part in 1e16; near the median the value itself goes to 0.
    np.testing.assert_allclose(found, expected, rtol=2e-15, atol=1e-16)
