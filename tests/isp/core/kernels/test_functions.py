"""The float32 functions are scipy's to the error that their users allow for."""

from typing import no_type_check

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import tukeylambda

from isp.core.kernels import functions
from isp.core.kernels.compiled import compiled

ENDS = np.concatenate([np.arange(300), 2**31 - 150 + np.arange(300), 2**32 - 300 + np.arange(300)])
WORDS = np.concatenate([ENDS, np.random.default_rng(8).integers(0, 2**32, 200_000)])
TAIL = (np.minimum(WORDS, 2**32 - 1 - WORDS) + 0.5) * 2.0**-32
SIGN = np.where(WORDS < 2**31, -1.0, 1.0)


@compiled
@no_type_check
def over(function, values, results):
    for i in range(values.size):
        results[i] = function(values[i])


@compiled
@no_type_check
def tukey_over(words, shape, results):
    for i in range(words.size):
        results[i] = functions.tukey_lambda(words[i], shape)


def results_of(function, values: np.ndarray) -> np.ndarray:
    results = np.empty(len(values), np.float32)
    over(function, values, results)
    return results.astype(np.float64)


def test_the_logarithm_is_right_to_a_few_units_in_the_last_place() -> None:
    values = np.concatenate([TAIL, 1 - TAIL, np.geomspace(1e-30, 1e30, 10_001)]).astype(np.float32)

    found = results_of(functions.log, values)

    np.testing.assert_allclose(found, np.log(values.astype(np.float64)), rtol=2.5e-7, atol=3e-8)


def test_the_exponential_keeps_the_digits_of_a_small_result() -> None:
    values = np.linspace(-87, 87, 100_001).astype(np.float32)

    found = results_of(functions.exp, values)

    # A float32 argument near 87 carries 3.8e-6 of its own.
    np.testing.assert_allclose(found, np.exp(values.astype(np.float64)), rtol=4e-7)


def test_the_exponential_less_one_keeps_the_digits_of_a_small_argument() -> None:
    values = np.concatenate([np.geomspace(1e-12, 80, 20_001), -np.geomspace(1e-12, 80, 20_001)])
    values = values.astype(np.float32)

    found = results_of(functions.exp_minus_1, values)

    np.testing.assert_allclose(found, np.expm1(values.astype(np.float64)), rtol=4e-7)


def test_the_normal_quantile_is_within_its_bound_at_every_end() -> None:
    found = results_of(functions.normal, WORDS.astype(np.uint32))

    # Four roundings of a result up to 6.4, and the fit.
    np.testing.assert_allclose(found, SIGN * -ndtri(TAIL), rtol=3e-7, atol=6e-7)


@pytest.mark.parametrize("shape", [-0.49, -0.25, -0.1, -1e-3, 1e-6, 0.05, 0.14, 0.5, 1.0, 2.0])
def test_the_tukey_lambda_quantile_is_scipy_s(shape: float) -> None:
    found = np.empty(len(WORDS), np.float32)
    tukey_over(WORDS.astype(np.uint32), np.float32(shape), found)

    expected = -SIGN * tukeylambda.ppf(TAIL, float(np.float32(shape)))

    # exp(l ln p) turns the rounding of ln p, up to 22, into a relative error of the tail.
    np.testing.assert_allclose(found, expected, rtol=5e-6, atol=5e-7)


def test_shape_zero_is_the_logistic_quantile() -> None:
    found = results_of(functions.logistic, WORDS.astype(np.uint32))

    np.testing.assert_allclose(
        found, -SIGN * (np.log(TAIL) - np.log1p(-TAIL)), rtol=3e-7, atol=2e-7
    )


def test_the_quantiles_are_odd() -> None:
    words = np.arange(0, 2**31, 99_991, dtype=np.int64)
    mirrored = 2**32 - 1 - words

    for function in (functions.normal, functions.logistic):
        low = results_of(function, words.astype(np.uint32))
        high = results_of(function, mirrored.astype(np.uint32))
        np.testing.assert_array_equal(low, -high)
