"""A body's own calibration stands between its model's matrices and its RGB (DNG chapter 6)."""

import numpy as np
import pytest

from isp.core.camera_matrices import (
    balanced_camera_to_xyz_d50,
    interpolation_weight,
    matrix_at,
    white_from_neutral,
    xyz_to_camera_at,
)
from isp.core.colour import D50_XYZ, xy_to_xyz
from isp.core.illuminants import illuminant_xy
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.temperature import xy_to_cct
from isp.stages.illuminant.temperature import gains_at
from tests.isp.files.samples import camera

MODEL = np.array([[0.7034, -0.0804, -0.1014], [-0.442, 1.2564, 0.2058], [-0.0851, 0.1994, 0.5758]])
WARM = np.array([[0.76, -0.01, -0.12], [-0.5, 1.3, 0.22], [-0.07, 0.17, 0.5]])
ANALOG = np.diag([2.0, 1.0, 1.25])
LEAK = np.array([[1.0, 0.1, 0.0], [0.0, 1.0, 0.0], [0.02, 0.0, 1.0]])
FORWARD = np.diag(D50_XYZ)


def test_a_forward_matrix_behind_a_calibration_worked_out_by_hand() -> None:
    """AB = diag(2, 1, 1), CC leaks a tenth of green into red, neutral (1, 1, 0.5).

    AB CC = [[2, 0.2, 0], [0, 1, 0], [0, 0, 1]], its inverse [[0.5, -0.1, 0], [0, 1, 0], [0, 0, 1]];
    that times neutral is (0.4, 1, 0.5), so D = diag(2.5, 1, 2) and
    D (AB CC)^-1 = [[1.25, -0.25, 0], [0, 1, 0], [0, 0, 2]]; of balanced RGB, times diag(neutral).
    """
    k = np.array([[2.0, 0.2, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    neutral = np.array([1.0, 1.0, 0.5])

    found = balanced_camera_to_xyz_d50(neutral, {"D65": MODEL}, {"D65": FORWARD}, {"D65": k})

    by_hand = FORWARD @ [[1.25, -0.25, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    np.testing.assert_allclose(found, by_hand, atol=1e-12)
    np.testing.assert_allclose(found @ np.ones(3), D50_XYZ, atol=1e-12)


def test_a_diagonal_calibration_moves_the_white_but_not_a_forward_matrix() -> None:
    neutral = np.array([0.9, 1.0, 0.8])
    matrices, forward = {"D65": MODEL}, {"D65": FORWARD}

    found = balanced_camera_to_xyz_d50(neutral, matrices, forward, {"D65": ANALOG})

    np.testing.assert_allclose(found, FORWARD, atol=1e-12)
    assert white_from_neutral(neutral, matrices, {"D65": ANALOG}) != pytest.approx(
        white_from_neutral(neutral, matrices), abs=0.01
    )


def test_without_a_forward_matrix_the_camera_is_ab_cc_cm() -> None:
    """A surface of XYZ under the white comes back at its XYZ adapted to D50, here the white's."""
    k = ANALOG @ LEAK
    white = illuminant_xy("D65")
    neutral = k @ MODEL @ xy_to_xyz(white)

    found = white_from_neutral(neutral, {"D65": MODEL}, {"D65": k})
    one = balanced_camera_to_xyz_d50(neutral, {"D65": MODEL}, None, {"D65": k})
    whole = balanced_camera_to_xyz_d50(neutral, {"D65": k @ MODEL})

    np.testing.assert_allclose(found, white, atol=1e-9)
    np.testing.assert_allclose(one, whole, atol=1e-12)
    np.testing.assert_allclose(one @ np.ones(3), D50_XYZ, atol=1e-9)


def test_matrix_and_calibration_are_interpolated_each_before_they_are_multiplied() -> None:
    matrices = {"A": WARM, "D65": MODEL}
    calibrations = {"A": ANALOG, "D65": ANALOG @ LEAK}
    xy = illuminant_xy("D50")
    w = interpolation_weight(
        xy_to_cct(xy), xy_to_cct(illuminant_xy("A")), xy_to_cct(illuminant_xy("D65"))
    )
    assert 0.1 < w < 0.9

    found = xyz_to_camera_at(matrices, xy, calibrations)

    each = (w * ANALOG + (1 - w) * ANALOG @ LEAK) @ (w * WARM + (1 - w) * MODEL)
    np.testing.assert_allclose(found, each, atol=1e-12)
    products = {name: calibrations[name] @ matrices[name] for name in matrices}
    assert abs(found - matrix_at(products, xy)).max() > 1e-4


def calibrated_camera() -> SensorProfile:
    def rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(row) for row in matrix.tolist())

    entries = (
        ColourMatrixEntry(illuminant="A", xyz_to_camera=rows(WARM)),
        ColourMatrixEntry(
            illuminant="D65", xyz_to_camera=rows(MODEL), calibration=rows(ANALOG @ LEAK)
        ),
    )
    return camera().with_fields(colour_matrices=entries)


def test_a_profile_knows_its_bodys_calibration_and_the_identity_where_there_is_none() -> None:
    profile = calibrated_camera()

    assert list(profile.calibrations) == ["A", "D65"]
    assert np.array_equal(profile.calibrations["A"], np.eye(3))
    np.testing.assert_allclose(profile.colour_matrices[1].calibrated, ANALOG @ LEAK @ MODEL)
    assert np.array_equal(profile.colour_matrices[0].calibrated, WARM)
    assert camera().calibrations == {}


def test_a_temperature_and_the_white_of_its_gains_are_one_for_a_calibrated_body() -> None:
    profile = calibrated_camera()
    xy = illuminant_xy("D50")

    neutral = 1 / np.array(gains_at(profile, xy))

    found = white_from_neutral(neutral, profile.xyz_to_camera, profile.calibrations)
    assert found == pytest.approx(xy, abs=1e-6)
