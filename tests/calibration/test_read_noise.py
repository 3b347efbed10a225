"""The read noise's law: shape, scale, and whether a Gaussian does as well."""

import numpy as np
import pytest
from scipy.stats import tukeylambda

from calibration.read_noise import SHAPES, ReadNoiseLaw, read_noise_law, residuals
from calibration.uncertainty import Figure
from isp.core.tukey_deviation import tukey_lambda_deviation

GAIN = Figure(value=2.0, low=2.0, high=2.0)


def stack(shape: float | None, deviation_dn: float, seed: int = 6) -> np.ndarray:
    """16 quantised dark frames of 160 x 160 with row noise and a fixed pattern."""
    draw = np.random.Generator(np.random.Philox(seed))
    size = (16, 160, 160)
    if shape is None:
        noise = draw.normal(size=size)
    else:
        noise = tukeylambda.ppf(draw.random(size), shape) / tukey_lambda_deviation(shape)
    fixed, rows = draw.normal(0, 2, size[1:]), draw.normal(0, 0.5, (16, 160, 1))
    return np.rint(64 + fixed + rows + deviation_dn * noise)


def law_of(frames: np.ndarray) -> ReadNoiseLaw:
    """Fit such a stack."""
    away = residuals(list(frames), frames.mean(0))
    deviation = np.sqrt((away**2).mean() * 16 / 15)
    return read_noise_law(away, frames=16, gain_dn_per_e=GAIN, deviation_dn=float(deviation))


@pytest.mark.parametrize("shape", [-0.2, -0.05, 0.1])
@pytest.mark.parametrize("deviation_dn", [1.0, 6.0])
def test_shape_and_scale_come_back(shape: float, deviation_dn: float) -> None:
    found = law_of(stack(shape, deviation_dn))

    assert found.model == "tukey_lambda"
    assert found.shape.value == pytest.approx(shape, abs=0.02)
    scale_e = deviation_dn / 2 / tukey_lambda_deviation(shape)
    assert found.scale_e.value == pytest.approx(scale_e, rel=0.03)


def test_gaussian_noise_is_called_gaussian() -> None:
    found = law_of(stack(None, 3.0))

    assert found.model == "gaussian"
    assert found.gaussian_correlation > found.correlations.max() - 1e-6


def test_the_plot_has_its_peak_at_the_shape() -> None:
    found = law_of(stack(-0.1, 3.0))

    assert SHAPES[found.correlations.argmax()] == pytest.approx(-0.1, abs=0.026)
    assert found.correlations.max() > 0.999 > found.gaussian_correlation


def test_a_noise_below_the_converters_step_has_no_shape() -> None:
    found = law_of(stack(-0.1, 0.4))

    assert found.model == "none"
    assert found.shape.value is None
    assert "quantisation-limited" in found.shape.reason


def test_residuals_leave_out_pattern_and_lines() -> None:
    draw = np.random.Generator(np.random.Philox(1))
    pattern = draw.normal(0, 50, (8, 9))
    frames = [pattern + draw.normal(0, 9, (8, 1)) + draw.normal(0, 9, (1, 9)) for _ in range(3)]

    away = residuals(frames, np.mean(frames, axis=0))

    assert away.shape == (3 * 72,)
    assert np.abs(away).max() < 1e-12
