"""The law of residuals is the Tukey lambda, as a stack of quantised frames shows it."""

import numpy as np
import pytest
from scipy.stats import kstest, norm, tukeylambda

from calibration.dark_law import tukey_lambda_law
from isp.core.tukey_deviation import tukey_lambda_deviation

PROBABILITIES = np.array([0.001, 0.02, 0.3, 0.5, 0.8, 0.999])


@pytest.mark.parametrize("shape", [-0.2, -0.05, 0.0, 0.14, 0.3])
def test_of_very_many_frames_it_is_scipys_tukey_lambda(shape: float) -> None:
    law = tukey_lambda_law(shape, frames=10**9)

    expected = tukeylambda.ppf(PROBABILITIES, shape) / tukey_lambda_deviation(shape)
    np.testing.assert_allclose(law.quantile(PROBABILITIES), expected, atol=0.01)


def test_without_a_shape_it_is_the_normal_law() -> None:
    law = tukey_lambda_law(None, frames=16)

    np.testing.assert_allclose(law.quantile(PROBABILITIES), norm.ppf(PROBABILITIES), atol=0.005)


@pytest.mark.parametrize(("shape", "step"), [(-0.2, 0.0), (0.0, 0.8), (-0.1, 1.2)])
def test_residuals_of_16_quantised_frames_follow_it(shape: float, step: float) -> None:
    frames, pixels = 16, 20_000
    draw = np.random.Generator(np.random.Philox(2))
    noise = tukeylambda.ppf(draw.random((frames, pixels)), shape) / tukey_lambda_deviation(shape)
    values = noise + draw.normal(0, 3, pixels)  # a fixed pattern, which shifts every code
    if step:
        values = np.rint(values / step) * step
    away = (values - values.mean(0))[0]
    away += draw.uniform(-0.5, 0.5, pixels) * step / frames  # means of 16 codes lie on a lattice
    one = away / np.sqrt((frames - 1) / frames)

    law = tukey_lambda_law(shape, frames=frames, step=step)

    distribution = kstest(one, lambda x: np.interp(x, law.grid, law.cumulative))
    assert distribution.pvalue > 1e-4


def test_a_wrong_shape_does_not_fit() -> None:
    draw = np.random.Generator(np.random.Philox(2))
    values = tukeylambda.ppf(draw.random(20_000), -0.2) / tukey_lambda_deviation(-0.2)

    law = tukey_lambda_law(0.14, frames=10**9)

    assert kstest(values, lambda x: np.interp(x, law.grid, law.cumulative)).pvalue < 1e-6


def test_the_right_law_is_the_likelier_one() -> None:
    draw = np.random.Generator(np.random.Philox(4))
    values = draw.normal(size=20_000)

    normal, heavy = tukey_lambda_law(None, frames=16), tukey_lambda_law(-0.2, frames=16)

    assert normal.log_likelihood(values) > heavy.log_likelihood(values)
    assert normal.log_likelihood(values) == pytest.approx(norm.logpdf(values).mean(), abs=1e-3)
