"""Colour and forward matrices say one thing, as DNG's mathematics reads them."""

import numpy as np
import pytest

from calibration.dng_matrices import matrix_entry
from isp.core.camera_matrices import balanced_camera_to_xyz_d50, white_from_neutral
from isp.core.colour import D50_XYZ, xy_to_xyz
from isp.core.errors import CalibrationError, ProfileError
from isp.core.illuminants import illuminant_xy
from tests.calibration.test_chart_model import FORWARD, NEUTRAL


@pytest.mark.parametrize("light", ["A", "D50", "D65"])
def test_white_of_the_light_becomes_the_cameras_neutral(light: str) -> None:
    entry = matrix_entry(light, NEUTRAL, FORWARD)
    matrix = np.array(entry.xyz_to_camera)

    np.testing.assert_allclose(
        matrix @ xy_to_xyz(illuminant_xy(light)), NEUTRAL / NEUTRAL[1], rtol=1e-12
    )
    np.testing.assert_allclose(np.array(entry.forward) @ np.ones(3), D50_XYZ, atol=1e-12)
    xy = white_from_neutral(NEUTRAL / NEUTRAL[1], {light: matrix})
    np.testing.assert_allclose(xy, illuminant_xy(light), atol=1e-9)


def test_under_d50_the_colour_matrix_is_the_inverse_of_the_forward_one() -> None:
    matrix = np.array(matrix_entry("D50", np.array([0.5, 1.0, 0.25]), FORWARD).xyz_to_camera)

    # D50's chromaticity is printed to 4 digits, its XYZ to 4: they meet within 1e-4.
    np.testing.assert_allclose(np.diag([2.0, 1.0, 4.0]) @ matrix, np.linalg.inv(FORWARD), atol=5e-4)


@pytest.mark.parametrize("light", ["A", "D65"])
def test_readers_with_and_without_forward_matrices_develop_alike(light: str) -> None:
    entry = matrix_entry(light, NEUTRAL, FORWARD)
    colour = {light: np.array(entry.xyz_to_camera)}
    neutral = NEUTRAL / NEUTRAL[1]

    without = balanced_camera_to_xyz_d50(neutral, colour)
    with_it = balanced_camera_to_xyz_d50(neutral, colour, {light: np.array(entry.forward)})

    np.testing.assert_allclose(without, FORWARD, atol=1e-9)
    np.testing.assert_allclose(with_it, FORWARD, atol=1e-9)


def test_what_dng_cannot_hold_is_refused() -> None:
    with pytest.raises(CalibrationError, match="keeps white"):
        matrix_entry("A", NEUTRAL, FORWARD * 1.01)
    with pytest.raises(CalibrationError, match="keeps white"):
        matrix_entry("A", NEUTRAL, np.ones((3, 6)))
    with pytest.raises(CalibrationError, match="no inverse"):
        matrix_entry("A", NEUTRAL, np.outer(D50_XYZ, np.ones(3)) / 3)
    with pytest.raises(ProfileError, match="no illuminant"):
        matrix_entry("candle", NEUTRAL, FORWARD)
