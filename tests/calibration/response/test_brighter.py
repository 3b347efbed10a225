"""A picture that is no brighter than the one before says nothing of a step."""

import numpy as np
import pytest

from calibration.response.brighter import refuse_equal_light
from isp.core.errors import CalibrationError


def codes(ratio: float, noise: float = 2.0, count: int = 900) -> np.ndarray:
    """A power camera of 2.6 at two exposures of a ramp, with noise of its own in each."""
    draw = np.random.Generator(np.random.Philox(3))
    light = np.linspace(0.005, 0.5, count)[:, None] * np.array([1.0, ratio])
    shown = 255 * light ** (1 / 2.6) + draw.normal(0, noise, (count, 2))
    return np.clip(np.rint(shown), 0, 255).astype(np.int64)


def test_two_exposures_of_the_same_light_are_refused_by_name() -> None:
    with pytest.raises(CalibrationError, match=r"b is no brighter than a.*correct the times"):
        refuse_equal_light(codes(1.0, noise=0.4), ["a", "b"])


def test_the_least_step_of_a_flat_curve_is_a_step() -> None:
    refuse_equal_light(codes(1.2), ["a", "b"])


def test_dark_codes_do_not_tell() -> None:
    refuse_equal_light(np.full((900, 2), 5), ["a", "b"])
