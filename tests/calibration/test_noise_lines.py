"""Lines of noise over gain, and the switch between two conversion gains."""

import numpy as np
import pytest

from calibration.noise_lines import gain_switch, noise_line
from isp.core.errors import CalibrationError


def test_scatter_is_that_of_the_points_about_the_line() -> None:
    draw = np.random.Generator(np.random.Philox(1))
    gains = np.geomspace(0.1, 10, 400)
    sigmas = np.exp(0.8 * np.log(gains) + 0.5 + draw.normal(0, 0.05, 400))

    found = noise_line(list(gains), list(sigmas))

    assert found.slope == pytest.approx(0.8, abs=5 * 0.05 / 400**0.5 / 1.33)
    assert found.intercept == pytest.approx(0.5, abs=5 * 0.05 / 400**0.5)
    assert found.scatter == pytest.approx(0.05, rel=5 / 800**0.5)


def test_two_points_have_no_scatter() -> None:
    assert noise_line([1, 2], [3, 5]).scatter is None


def test_one_gain_and_a_noise_of_0_are_refused() -> None:
    with pytest.raises(CalibrationError, match="two ISOs"):
        noise_line([1], [1])
    with pytest.raises(CalibrationError, match="positive"):
        noise_line([1, 2], [0, 1])


def test_a_small_step_down_is_no_switch() -> None:
    assert gain_switch([1, 2, 4], [3.0, 2.5, 4.0]) is None
    assert gain_switch([1, 2, 4], [3.0, 2.0, 4.0]) == 1
    assert gain_switch([1], [3.0]) is None
