"""A temperature becomes gains through the camera's own matrices."""

import numpy as np
import pytest

from isp.core.camera_matrices import white_from_neutral
from isp.core.colour import xy_to_xyz
from isp.core.errors import ProfileError, UsageError
from isp.core.illuminants import illuminant_xy
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.temperature import cct_to_xy, xy_to_cct
from isp.stages.illuminant.temperature import gains_at, parse_temperature


@pytest.mark.parametrize(
    ("text", "cct", "duv"),
    [
        ("5200K", 5200, 0), ("5200k", 5200, 0), ("5200K,+0.003", 5200, 0.003),
        ("3000.5K,-.01", 3000.5, -0.01), (" 6504K,0 ", 6504, 0),
    ],
)  # fmt: skip
def test_a_temperature_is_read_with_and_without_its_duv(text: str, cct: float, duv: float) -> None:
    assert parse_temperature(text) == cct_to_xy(cct, duv)


@pytest.mark.parametrize("text", ["grey_world", "5200", "5200K,", "K", "5200K,1,2", "52e2K"])
def test_other_words_are_no_temperature(text: str) -> None:
    assert parse_temperature(text) is None


def test_a_temperature_that_no_light_has_is_refused() -> None:
    with pytest.raises(UsageError, match="not 300"):
        parse_temperature("300K")


@pytest.mark.parametrize("name", ["A", "D65"])
def test_a_calibrated_light_gives_the_matrix_s_own_neutral(
    profile: SensorProfile, name: str
) -> None:
    entry = next(m for m in profile.colour_matrices if m.illuminant == name)
    neutral = np.array(entry.xyz_to_camera) @ xy_to_xyz(illuminant_xy(name))

    gains = gains_at(profile, illuminant_xy(name))

    assert gains == pytest.approx(neutral[1] / neutral, rel=1e-9)


@pytest.mark.parametrize("cct", [2500.0, 4000.0, 5200.0, 8000.0])
def test_the_colour_matrix_s_iteration_finds_the_temperature_again(
    profile: SensorProfile, cct: float
) -> None:
    gains = gains_at(profile, cct_to_xy(cct, 0.003))

    white = white_from_neutral(1 / np.array(gains), profile.xyz_to_camera)

    assert xy_to_cct(white) == pytest.approx(cct, rel=1e-4)


def test_colder_light_needs_more_red_and_less_blue(profile: SensorProfile) -> None:
    warm, cold = gains_at(profile, cct_to_xy(3000)), gains_at(profile, cct_to_xy(8000))

    assert cold[0] > warm[0]
    assert cold[2] < warm[2]


def test_a_camera_without_matrices_or_colours_is_told_so(profile: SensorProfile) -> None:
    with pytest.raises(ProfileError, match="no colour matrix"):
        gains_at(profile.with_fields(colour_matrices=()), cct_to_xy(5000))
    blind = ColourMatrixEntry(illuminant="D65", xyz_to_camera=((-1.0, 0, 0), (0, 1, 0), (0, 0, 1)))
    with pytest.raises(ProfileError, match="give no camera colour for the white"):
        gains_at(profile.with_fields(colour_matrices=(blind,)), cct_to_xy(5000))
