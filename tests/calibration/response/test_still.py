"""Moved pixels are found by their codes alone."""

import numpy as np
import pytest

from calibration.response.still import still_pixels
from isp.core.errors import CalibrationError
from tests.calibration.response.brackets import bracket_of, power_curve


def test_what_moved_is_left_out_and_all_else_stays() -> None:
    codes = bracket_of(power_curve(), (-1.0, 0.0)).codes.copy()
    inside = np.flatnonzero((codes > 20).all(axis=1) & (codes < 200).all(axis=1))[:50]
    codes[inside, 1] += 40

    still = still_pixels(codes, ["a", "b"])

    assert not still[inside].any()
    assert np.delete(still, inside).all()


def test_a_scene_that_moved_says_between_which_pictures() -> None:
    codes = bracket_of(power_curve(), (-1.0, 0.0)).codes
    shuffled = np.stack([codes[:, 0], np.roll(codes[:, 1], 700)], axis=1)

    with pytest.raises(CalibrationError, match=r"a\.png and b\.png.*tripod"):
        still_pixels(shuffled, ["a.png", "b.png"])
