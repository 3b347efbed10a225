"""Colour mathematics against colour-science and the numbers printed in CONVENTIONS."""

import colour
import numpy as np
import pytest
from colour.temperature.robertson1968 import DATA_ISOTEMPERATURE_LINES_ROBERTSON1968
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from isp.core.colour import (
    D50_XY,
    D50_XYZ,
    D65_XY,
    ILLUMINANTS,
    LIGHT_SOURCES,
    PRIMARIES,
    ROBERTSON,
    Colour,
    adaptation,
    adaptation_xyz,
    balanced_camera_to_xyz_d50,
    illuminant_xy,
    interpolation_weight,
    photons_per_lux_second,
    rgb_to_rgb,
    rgb_to_xyz,
    white_from_neutral,
    xy_to_cct,
    xy_to_xyz,
    xyz_d50_to_rgb,
    xyz_to_camera_at,
    xyz_to_xy,
)
from isp.core.errors import FrameError, ProfileError

OBSERVER = "CIE 1931 2 Degree Standard Observer"
SPACES = {
    "bt709": "ITU-R BT.709", "p3": "P3-D65", "bt2020": "ITU-R BT.2020", "acescg": "ACEScg",
}  # fmt: skip
# Two ColorMatrix of a phone (isp/profiles/GenericPhone.json).
PHONE = {
    "A": np.array(
        [[1.159, -0.53602, 0.059837], [-0.43968, 1.3644, 0.33322], [-0.095784, 0.21478, 0.62784]]
    ),
    "D65": np.array(
        [[0.83225, -0.29901, -0.082057], [-0.30062, 1.0886, 0.18103], [-0.026859, 0.13702, 0.49732]]
    ),
}


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


@pytest.mark.parametrize("name", ILLUMINANTS)
def test_illuminants_have_the_chromaticity_of_colour_science(name: str) -> None:
    expected = colour.CCS_ILLUMINANTS[OBSERVER][name]

    assert illuminant_xy(name) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", ILLUMINANTS)
def test_photons_per_lux_are_the_sum_over_the_spectrum_at_1_nm(name: str) -> None:
    """Sum of S l / (h c) over 400..700 nm, divided by 683 sum S V (CONVENTIONS section 5.1)."""
    shape = colour.SpectralShape(360, 830, 1)
    dark_outside = {"method": "Constant", "left": 0, "right": 0}
    power = colour.SDS_ILLUMINANTS[name].copy().align(shape, extrapolator_kwargs=dark_outside)
    sensitivity = colour.MSDS_CMFS[OBSERVER].copy().align(shape).values[:, 1]
    wavelength_m = shape.wavelengths * 1e-9
    photons = power.values * wavelength_m / (constants.h * constants.c)
    band = (shape.wavelengths >= 400) & (shape.wavelengths <= 700)

    per_um2 = photons[band].sum() / (683 * (power.values * sensitivity).sum()) * 1e-12

    # How spectra tabulated at 5 nm are interpolated moves the sixth digit.
    assert photons_per_lux_second(name) == pytest.approx(per_um2, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "printed"),
    [("D65", 10880), ("D50", 10746), ("E", 11419), ("A", 12032), ("FL2", 7879), ("LED-B3", 8639)],
)
def test_photons_per_lux_are_those_printed(name: str, printed: int) -> None:
    assert round(photons_per_lux_second(name)) == pytest.approx(printed, abs=1)


def test_an_unknown_illuminant_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match=r'"candle"; known: A, D50'):
        illuminant_xy("candle")


def test_exif_light_sources_are_in_the_table() -> None:
    assert LIGHT_SOURCES == {17: "A", 20: "D55", 21: "D65", 22: "D75", 23: "D50"}
    assert set(LIGHT_SOURCES.values()) <= set(ILLUMINANTS)


def test_the_isotemperature_lines_are_robertson_s() -> None:
    np.testing.assert_allclose(
        np.array(ROBERTSON), np.array(DATA_ISOTEMPERATURE_LINES_ROBERTSON1968), atol=1e-12
    )


@given(cct=st.floats(1800, 20000), duv=st.floats(-0.01, 0.01))
def test_cct_is_that_of_robertson_s_method_in_colour_science(cct: float, duv: float) -> None:
    uv = colour.temperature.CCT_to_uv_Robertson1968([cct, duv])
    expected = colour.temperature.uv_to_CCT_Robertson1968(uv)[0]

    xy = colour.UCS_uv_to_xy(uv)

    assert xy_to_cct((float(xy[0]), float(xy[1]))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "kelvin"), [("A", 2856), ("D50", 5003), ("D55", 5503), ("D65", 6504), ("D75", 7504)]
)
def test_standard_illuminants_have_their_temperature(name: str, kelvin: int) -> None:
    """CIE 15 defines the D series at 1.4388 / 1.4380 of 5000, 5500, 6500, 7500 K."""
    assert xy_to_cct(illuminant_xy(name)) == pytest.approx(kelvin, rel=1e-3)


def test_a_colour_beyond_the_locus_ends_has_a_finite_temperature() -> None:
    assert xy_to_cct((0.2, 0.2)) > 1e5
    assert xy_to_cct((0.6, 0.36)) == pytest.approx(1e6 / 600, rel=0.2)


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
