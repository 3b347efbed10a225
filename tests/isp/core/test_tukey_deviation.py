"""The deviation of a Tukey lambda is that of its quantile."""

import numpy as np
import pytest
from scipy import integrate, stats

from isp.core.errors import ProfileError
from isp.core.tukey_deviation import tukey_lambda_deviation

# CONVENTIONS 5.5, variances for scale 1.
VARIANCES = {
    -0.25: 9.778363, -0.1: 4.780502, -0.05: 3.936723, 0.0: 3.289868, 0.05: 2.782811,
    0.14: 2.110297, 0.5: 0.858407, 1.0: 0.333333, 2.0: 0.083333,
}  # fmt: skip


@pytest.mark.parametrize("shape", VARIANCES)
def test_variances_are_the_listed_ones(shape: float) -> None:
    assert tukey_lambda_deviation(shape) ** 2 == pytest.approx(VARIANCES[shape], abs=6e-7)


@pytest.mark.parametrize("shape", [-0.3, 1e-5, -3e-5, 9.9e-5, 1.01e-4, 1e-3, 0.3])
def test_the_closed_form_is_the_integral_of_the_squared_quantile(shape: float) -> None:
    def square(p: float) -> float:
        return float(((np.power(p, shape) - np.power(1 - p, shape)) / shape) ** 2)

    variance = 2 * integrate.quad(square, 0, 0.5, epsabs=1e-12, limit=400)[0]

    assert tukey_lambda_deviation(shape) ** 2 == pytest.approx(variance, rel=2e-6)


def test_scipy_agrees() -> None:
    assert tukey_lambda_deviation(0.1) == pytest.approx(float(stats.tukeylambda.std(0.1)))


def test_an_infinite_variance_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"above -0.5, got -0.5"):
        tukey_lambda_deviation(-0.5)
