"""Colour mathematics against colour-science and the numbers printed in CONVENTIONS."""

import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.core.colour import (
    D50_XY,
    D50_XYZ,
    D65_XY,
    PRIMARIES,
    Colour,
    adaptation,
    adaptation_xyz,
    rgb_to_rgb,
    rgb_to_xyz,
    xy_to_xyz,
    xyz_d50_to_rgb,
    xyz_to_xy,
)
from isp.core.errors import FrameError
from isp.core.illuminants import illuminant_xy

SPACES = {
    "bt709": "ITU-R BT.709", "p3": "P3-D65", "bt2020": "ITU-R BT.2020", "acescg": "ACEScg",
}  # fmt: skip


@pytest.mark.parametrize("space", SPACES)
def test_primaries_are_those_of_colour_science(space: str) -> None:
    reference = colour.RGB_COLOURSPACES[SPACES[space]]

    assert PRIMARIES[space][:6] == pytest.approx(reference.primaries.ravel(), abs=1e-12)
    assert PRIMARIES[space][6:] == pytest.approx(reference.whitepoint, abs=1e-12)


@pytest.mark.parametrize("space", SPACES)
def test_rgb_to_xyz_is_the_normalised_primary_matrix(space: str) -> None:
    reference = colour.RGB_COLOURSPACES[SPACES[space]]
    expected = colour.normalised_primary_matrix(reference.primaries, reference.whitepoint)

    np.testing.assert_allclose(rgb_to_xyz(PRIMARIES[space]), expected, atol=1e-14)


@pytest.mark.parametrize(
    ("space", "first_row", "y_row"),
    [("bt709", (0.4123908, 0.3575843, 0.1804808), (0.2126390, 0.7151687, 0.0721923)),
     ("p3", (0.4865709, 0.2656677, 0.1982173), (0.2289746, 0.6917385, 0.0792869)),
     ("bt2020", (0.6369580, 0.1446169, 0.1688810), (0.2627002, 0.6779981, 0.0593017)),
     ("acescg", (0.6624542, 0.1340042, 0.1561877), (0.2722287, 0.6740818, 0.0536895))],
)  # fmt: skip
def test_rgb_to_xyz_has_the_printed_rows(
    space: str, first_row: tuple[float, ...], y_row: tuple[float, ...]
) -> None:
    matrix = rgb_to_xyz(PRIMARIES[space])

    np.testing.assert_allclose(matrix[0], first_row, atol=5.1e-8)
    np.testing.assert_allclose(matrix[1], y_row, atol=5.1e-8)


@pytest.mark.parametrize(
    ("source", "target", "printed"),
    [("bt709", "bt2020", "0.627404 0.329283 0.043313 0.069097 0.919540 0.011362 "
      "0.016391 0.088013 0.895595"),
     ("bt2020", "bt709", "1.660491 -0.587641 -0.072850 -0.124550 1.132900 -0.008349 "
      "-0.018151 -0.100579 1.118730"),
     ("p3", "bt2020", "0.753833 0.198597 0.047570 0.045744 0.941777 0.012479 "
      "-0.001210 0.017602 0.983609")],
)  # fmt: skip
def test_rgb_to_rgb_has_the_printed_numbers(source: str, target: str, printed: str) -> None:
    expected = np.reshape([float(n) for n in printed.split()], (3, 3))

    matrix = rgb_to_rgb(PRIMARIES[source], PRIMARIES[target])

    np.testing.assert_allclose(matrix, expected, atol=5.1e-7)


def test_spaces_of_different_white_are_adapted_by_bradford() -> None:
    """colour-science's default is CAT02, .613083 .341167 .045750; Bradford is what we say."""
    row = rgb_to_rgb(PRIMARIES["bt709"], PRIMARIES["acescg"])[0]

    np.testing.assert_allclose(row, (0.613097, 0.339523, 0.047379), atol=5.1e-7)


@pytest.mark.parametrize("source", SPACES)
@pytest.mark.parametrize("target", SPACES)
def test_white_stays_white_between_any_two_spaces(source: str, target: str) -> None:
    matrix = rgb_to_rgb(PRIMARIES[source], PRIMARIES[target])

    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-13)
    back = rgb_to_rgb(PRIMARIES[target], PRIMARIES[source])
    np.testing.assert_allclose(matrix @ back, np.eye(3), atol=1e-13)


def test_a_primary_on_the_line_y_0_is_no_division_by_zero() -> None:
    imaginary = (0.73, 0.27, 0.14, 0.86, 0.1, 0.0, *D65_XY)

    matrix = rgb_to_xyz(imaginary)

    assert np.isfinite(matrix).all()
    assert matrix[1, 2] == 0
    np.testing.assert_allclose(matrix.sum(axis=1), xy_to_xyz(D65_XY), atol=1e-14)


def test_bradford_d50_to_d65_has_the_printed_numbers() -> None:
    expected = [
        [0.9554734, -0.0230985, 0.0632592],
        [-0.0283697, 1.0099954, 0.0210414],
        [0.0123140, -0.0205076, 1.3303659],
    ]

    np.testing.assert_allclose(adaptation(D50_XY, D65_XY), expected, atol=5.1e-8)


@pytest.mark.parametrize("source", ["A", "D65", "FL2"])
@pytest.mark.parametrize("target", ["D50", "E", "LED-B3"])
def test_bradford_is_that_of_colour_science(source: str, target: str) -> None:
    first, second = illuminant_xy(source), illuminant_xy(target)
    expected = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        xy_to_xyz(first), xy_to_xyz(second), transform="Bradford"
    )

    np.testing.assert_allclose(adaptation(first, second), expected, atol=1e-12)


@given(
    first=st.tuples(st.floats(0.25, 0.5), st.floats(0.25, 0.45)),
    second=st.tuples(st.floats(0.25, 0.5), st.floats(0.25, 0.45)),
)
def test_adaptation_takes_one_white_to_the_other_and_back(
    first: tuple[float, float], second: tuple[float, float]
) -> None:
    there = adaptation(first, second)

    np.testing.assert_allclose(there @ xy_to_xyz(first), xy_to_xyz(second), atol=1e-12)
    np.testing.assert_allclose(there @ adaptation(second, first), np.eye(3), atol=1e-10)


@given(xy=st.tuples(st.floats(0.05, 0.8), st.floats(0.05, 0.8)))
def test_a_chromaticity_survives_xyz(xy: tuple[float, float]) -> None:
    assert xyz_to_xy(3 * xy_to_xyz(xy)) == pytest.approx(xy, rel=1e-12)


def test_d50_of_the_connection_space_is_icc_s_constant() -> None:
    """Not the XYZ of xy 0.3457, 0.3585, which is (0.96430, 1, 0.82510)."""
    assert D50_XYZ.tolist() == [0.9642, 1.0, 0.8249]
    np.testing.assert_allclose(xy_to_xyz(D50_XY), (0.96430, 1, 0.82510), atol=1e-5)


def test_xyz_d50_to_rgb_is_the_inverse_matrix_after_bradford() -> None:
    expected = colour.XYZ_to_RGB(
        np.array([0.3, 0.4, 0.2]),
        "ITU-R BT.709",
        illuminant=colour.XYZ_to_xy(D50_XYZ),
        chromatic_adaptation_transform="Bradford",
        apply_cctf_encoding=False,
    )

    rgb = xyz_d50_to_rgb(PRIMARIES["bt709"]) @ np.array([0.3, 0.4, 0.2])

    # colour's XYZ_to_RGB uses its own inverse of the matrix, rounded to nothing above 1e-6.
    np.testing.assert_allclose(rgb, expected, atol=1e-6)


def test_a_colour_knows_its_white_and_its_space() -> None:
    bt709 = Colour()

    assert (bt709.space, bt709.white_xy, bt709.transfer) == ("bt709", D65_XY, "linear")
    assert Colour(primaries=PRIMARIES["acescg"]).space == "acescg"
    assert Colour(primaries=(0.7, 0.3, 0.2, 0.7, 0.1, 0.05, 0.31, 0.33)).space is None


def test_primaries_are_eight_numbers() -> None:
    with pytest.raises(FrameError, match="8 numbers, but 6 came"):
        Colour(primaries=(0.64, 0.33, 0.3, 0.6, 0.15, 0.06))


def test_the_connection_space_keeps_its_white_through_any_adaptation() -> None:
    np.testing.assert_allclose(adaptation_xyz(D50_XYZ, D50_XYZ), np.eye(3), atol=1e-15)
