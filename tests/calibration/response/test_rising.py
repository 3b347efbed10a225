"""Curves of codes are made to rise."""

import numpy as np
import pytest

from calibration.response.rising import LEAST_STEP, rising
from isp.core.errors import CalibrationError


def test_a_rising_curve_stays_and_a_dip_becomes_level() -> None:
    curve = np.linspace(0, 1, 256) ** 2
    dipped = curve.copy()
    dipped[100] = curve[90]

    np.testing.assert_allclose(rising(curve), curve, atol=256 * LEAST_STEP)
    assert (np.diff(rising(dipped)) > 0).all()
    assert rising(dipped)[[0, 255]].tolist() == [0.0, 1.0]


def test_a_curve_without_numbers_is_refused() -> None:
    with pytest.raises(CalibrationError):
        rising(np.full(256, np.nan))
