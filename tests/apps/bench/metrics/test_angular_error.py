"""The angle between two lights, whatever their brightness."""

import pytest

from apps.bench.metrics.angular_error import angular_error_deg
from isp.core.errors import FrameError


def test_the_angle_is_the_one_worked_out_by_hand() -> None:
    """Cosine of (1, 2, 2) and (2, 1, 2): 8 / 9."""
    assert angular_error_deg([1, 2, 2], [2, 1, 2]) == pytest.approx(27.266, abs=1e-3)


def test_brightness_is_free_and_equal_lights_have_no_angle() -> None:
    assert angular_error_deg([0.1, 0.2, 0.3], [1, 2, 3]) == pytest.approx(0, abs=1e-9)


def test_small_angles_are_not_rounded_away() -> None:
    assert angular_error_deg([1, 1e-12, 1e-9], [1, 1e-12, 1e-12]) == pytest.approx(
        5.7238e-8, rel=1e-3
    )


@pytest.mark.parametrize("light", [[1, 0, 1], [1, 1], [1, float("nan"), 1]])
def test_what_is_no_light_is_refused(light: list[float]) -> None:
    with pytest.raises(FrameError, match="three positive numbers"):
        angular_error_deg(light, [1, 1, 1])
