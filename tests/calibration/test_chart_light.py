"""A gradient and a veil that were put over the greys are found again, and refused beyond limits."""

import numpy as np
import pytest

from calibration.chart_light import ChartLight, chart_light, refuse_light
from calibration.colour_checker import reference_xyz
from isp.core.errors import CalibrationError

ALL = np.ones(24, dtype=bool)


def greys(gradient: float, veil: float) -> np.ndarray:
    """Camera RGB whose greys follow the model exactly; the other patches are dark."""
    camera = np.zeros((24, 3))
    x = np.arange(6) / 5 - 0.5
    camera[18:, 1] = 0.5 * ((1 + gradient * x) * reference_xyz()[18:, 1] + veil)
    return camera


@pytest.mark.parametrize("gradient", [0.0, 0.08, -0.3])
@pytest.mark.parametrize("veil", [0.0, 0.01, -0.002])
def test_the_light_that_was_put_in_is_found_again(gradient: float, veil: float) -> None:
    found = chart_light(greys(gradient, veil), ALL)

    assert found.gradient == pytest.approx(gradient, abs=1e-9)
    assert found.veil == pytest.approx(veil, abs=1e-9)


def test_a_clipped_white_is_left_out() -> None:
    camera, measured = greys(0.05, 0.003), ALL.copy()
    camera[18], measured[18] = 0.1, False

    assert chart_light(camera, measured).gradient == pytest.approx(0.05)


def test_too_few_greys_and_greys_without_light_say_what_to_shoot() -> None:
    measured = ALL.copy()
    measured[[18, 19, 20]] = False
    with pytest.raises(CalibrationError, match=r"only 3 greys .*white 9.5, .*again, darker"):
        chart_light(greys(0, 0), measured)
    with pytest.raises(CalibrationError, match="without light; shoot it again, brighter"):
        chart_light(np.zeros((24, 3)), ALL)


def test_uneven_or_veiled_light_is_refused_with_what_to_shoot_again() -> None:
    refuse_light(ChartLight(gradient=-0.099, veil=0.019))
    with pytest.raises(CalibrationError, match=r"12 % towards the white end.*in even light"):
        refuse_light(ChartLight(gradient=-0.12, veil=0.0))
    with pytest.raises(CalibrationError, match=r"stray light .*\+3.0 % of white.*shade the lens"):
        refuse_light(ChartLight(gradient=0.0, veil=0.03))
    with pytest.raises(CalibrationError, match="black level too high"):
        refuse_light(ChartLight(gradient=0.0, veil=-0.03))
