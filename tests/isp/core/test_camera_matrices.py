"""The colour of a camera's matrices, as chapter 6 of DNG says it."""

import colour
import numpy as np
import pytest

from isp.core.camera_matrices import (
    balanced_camera_to_xyz_d50,
    interpolation_weight,
    white_from_neutral,
    xyz_to_camera_at,
)
from isp.core.colour import (
    D50_XY,
    D50_XYZ,
    D65_XY,
    PRIMARIES,
    xy_to_xyz,
    xyz_d50_to_rgb,
    xyz_to_xy,
)
from isp.core.errors import ProfileError
from isp.core.illuminants import illuminant_xy
from isp.core.temperature import xy_to_cct

# Two ColorMatrix of a phone (isp/profiles/GenericPhone.json).
PHONE = {
    "A": np.array(
        [[1.159, -0.53602, 0.059837], [-0.43968, 1.3644, 0.33322], [-0.095784, 0.21478, 0.62784]]
    ),
    "D65": np.array(
        [[0.83225, -0.29901, -0.082057], [-0.30062, 1.0886, 0.18103], [-0.026859, 0.13702, 0.49732]]
    ),
}


def test_matrices_are_weighted_in_reciprocal_temperature() -> None:
    """For A and D65, 4000 K gives 0.490; linear in T it would be 0.686 (CONVENTIONS 1.5)."""
    assert interpolation_weight(4000, 2856, 6504) == pytest.approx(0.490, abs=5e-4)
    assert interpolation_weight(2856, 2856, 6504) == 1.0
    assert interpolation_weight(6504, 2856, 6504) == 0.0
    assert interpolation_weight(2000, 2856, 6504) == 1.0
    assert interpolation_weight(9000, 2856, 6504) == 0.0
    assert interpolation_weight(5000, 5000, 5000) == 1.0


def test_a_camera_matrix_is_interpolated_between_its_illuminants() -> None:
    """4000 K lies between A and D65; 12 000 K beyond D65, where the last matrix holds."""
    uv = colour.temperature.CCT_to_uv_Robertson1968([4000, 0])
    x, y = colour.UCS_uv_to_xy(uv)
    weight = interpolation_weight(
        4000, xy_to_cct(illuminant_xy("A")), xy_to_cct(illuminant_xy("D65"))
    )

    matrix = xyz_to_camera_at(PHONE, (float(x), float(y)))

    expected = weight * PHONE["A"] + (1 - weight) * PHONE["D65"]
    np.testing.assert_allclose(matrix, expected, atol=1e-12)
    assert (xyz_to_camera_at(PHONE, illuminant_xy("A")) == PHONE["A"]).all()
    np.testing.assert_allclose(
        xyz_to_camera_at(PHONE, illuminant_xy("D65")), PHONE["D65"], atol=1e-12
    )
    assert (xyz_to_camera_at(PHONE, (0.27, 0.28)) == PHONE["D65"]).all()
    assert (xyz_to_camera_at(PHONE, (0.53, 0.41)) == PHONE["A"]).all()


def test_of_three_matrices_the_pair_around_the_white_is_taken() -> None:
    three = PHONE | {"D50": np.eye(3)}

    np.testing.assert_allclose(xyz_to_camera_at(three, D50_XY), np.eye(3), atol=1e-12)


def test_a_single_matrix_serves_every_white() -> None:
    only = {"D65": PHONE["D65"]}

    assert (xyz_to_camera_at(only, illuminant_xy("A")) == PHONE["D65"]).all()


def test_a_camera_without_a_matrix_is_told_so() -> None:
    with pytest.raises(ProfileError, match="no colour matrix"):
        xyz_to_camera_at({}, D65_XY)


@pytest.mark.parametrize("name", ["A", "D50", "D55", "D65", "D75", "FL11"])
def test_the_white_is_found_from_the_neutral_it_gives(name: str) -> None:
    """Forwards: neutral = CM(white) XYZ(white). Backwards: the iteration of DNG 1.7.1."""
    white = illuminant_xy(name)
    neutral = xyz_to_camera_at(PHONE, white) @ xy_to_xyz(white)

    found = white_from_neutral(0.7 * neutral, PHONE)

    # It stops at steps below 1e-7; each step shrinks, so that the rest is of that order.
    assert found == pytest.approx(white, abs=1e-6)


def test_one_matrix_needs_one_pass() -> None:
    neutral = np.array([0.5, 1.0, 0.6667])
    expected = xyz_to_xy(np.linalg.solve(PHONE["D65"], neutral))

    assert white_from_neutral(neutral, {"D65": PHONE["D65"]}) == pytest.approx(expected)


def test_an_iteration_that_swings_ends_between_its_last_two() -> None:
    """Matrices made to disagree: the first sends the white to blue, the second to red."""

    def sends_to(xy: tuple[float, float]) -> np.ndarray:
        return np.diag(1 / xy_to_xyz(xy))

    blue, red = (0.25, 0.25), (0.50, 0.41)
    found = white_from_neutral(np.ones(3), {"A": sends_to(blue), "D75": sends_to(red)})

    assert found == pytest.approx((0.375, 0.33), abs=1e-12)


@pytest.mark.parametrize("name", ["A", "D50", "D65"])
def test_balanced_white_becomes_the_d50_white(name: str) -> None:
    white = illuminant_xy(name)
    neutral = xyz_to_camera_at(PHONE, white) @ xy_to_xyz(white)
    neutral = neutral / neutral[1]

    matrix = balanced_camera_to_xyz_d50(neutral, PHONE)

    np.testing.assert_allclose(matrix @ np.ones(3), D50_XYZ, atol=1e-12)
    np.testing.assert_allclose(
        xyz_d50_to_rgb(PRIMARIES["bt2020"]) @ matrix @ np.ones(3), np.ones(3), atol=1e-12
    )


def test_a_camera_colour_goes_the_way_dng_says() -> None:
    """CA(white -> D50) (CM)^-1 camera, scaled so that neutral has Y = 1; each part by itself."""
    white = illuminant_xy("D65")
    neutral = PHONE["D65"] @ xy_to_xyz(white)
    scale = 1 / neutral[1]
    surface = np.array([0.2, 0.3, 0.1])
    camera = scale * PHONE["D65"] @ surface  # the file's numbers, green of white at 1
    to_d50 = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        xy_to_xyz(white), D50_XYZ, transform="Bradford"
    )

    balanced = camera / (neutral * scale)
    xyz_d50 = balanced_camera_to_xyz_d50(neutral * scale, {"D65": PHONE["D65"]}) @ balanced

    np.testing.assert_allclose(xyz_d50, to_d50 @ surface, atol=1e-12)


FORWARD = {
    "A": np.array([[0.7000, 0.2000, 0.0642], [0.3000, 0.8000, -0.1000], [0.0500, 0.0500, 0.7249]]),
    "D65": np.array([[0.6000, 0.2500, 0.1142], [0.2500, 0.9000, -0.15], [0.0200, -0.1000, 0.9049]]),
}


def test_a_forward_matrix_is_interpolated_with_the_weight_of_the_white() -> None:
    """After the balance D (AB CC)^-1 is the unit matrix: what is left is FM at the white."""
    white = colour.UCS_uv_to_xy(colour.temperature.CCT_to_uv_Robertson1968([4000, 0]))
    neutral = xyz_to_camera_at(PHONE, tuple(white)) @ xy_to_xyz(tuple(white))
    ends = [xy_to_cct(illuminant_xy(name)) for name in ("A", "D65")]
    weight = (1 / 4000 - 1 / ends[1]) / (1 / ends[0] - 1 / ends[1])

    matrix = balanced_camera_to_xyz_d50(neutral / neutral[1], PHONE, FORWARD)

    assert weight == pytest.approx(0.490, abs=1e-3)  # CONVENTIONS 1.5
    expected = weight * FORWARD["A"] + (1 - weight) * FORWARD["D65"]
    np.testing.assert_allclose(matrix, expected, atol=2e-6)


def test_one_forward_matrix_of_two_serves_every_white() -> None:
    matrix = balanced_camera_to_xyz_d50(np.array([0.5, 1, 0.6]), PHONE, {"A": FORWARD["A"]})

    np.testing.assert_allclose(matrix, FORWARD["A"], atol=1e-12)


def test_rounding_of_a_forward_matrix_does_not_tint_white() -> None:
    rounded = {"D65": FORWARD["D65"] + np.array([[1e-4, 0, 0], [0, -2e-4, 0], [0, 0, 1e-4]])}

    matrix = balanced_camera_to_xyz_d50(np.array([0.5, 1, 0.6]), PHONE, rounded)

    np.testing.assert_allclose(matrix @ np.ones(3), D50_XYZ, atol=1e-12)


def test_a_forward_matrix_that_does_not_end_at_d50_is_refused() -> None:
    """XYZ to camera put in by mistake, or a matrix to D65."""
    with pytest.raises(ProfileError, match=r"0\.9642, 1, 0\.8249 \(D50\), but this one to"):
        balanced_camera_to_xyz_d50(np.array([0.5, 1, 0.6]), PHONE, {"D65": PHONE["D65"]})
