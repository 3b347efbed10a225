"""The colour matrix keeps neutral neutral and agrees with colour-science on everything else."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES
from isp.core.domain import Domain
from isp.core.errors import ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.stages.colour_matrix import ColourMatrix, apply_matrix, camera_to_rgb

GAINS = [(2.1, 1.0, 1.6), (1.4, 1.0, 2.9), (1.0, 1.0, 1.0)]


def test_each_output_channel_is_its_row_of_the_matrix() -> None:
    camera = torch.tensor([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1)
    matrix = torch.tensor([[[1.0, 2.0, 3.0], [0.0, -1.0, 0.0], [0.5, 0.0, 0.25]]])

    assert apply_matrix(camera, matrix).flatten().tolist() == [321.0, -10.0, 25.5]


def test_each_image_of_a_batch_takes_its_own_matrix() -> None:
    matrices = torch.stack([torch.eye(3), 2 * torch.eye(3)])

    assert apply_matrix(torch.ones(2, 3, 1, 2), matrices).mean(dim=(1, 2, 3)).tolist() == [1, 2]


@pytest.mark.parametrize("gains", GAINS)
@pytest.mark.parametrize("space", PRIMARIES)
def test_balanced_neutral_stays_neutral_and_white_stays_1(
    profile: SensorProfile, gains: tuple[float, ...], space: str
) -> None:
    matrix = camera_to_rgb(profile, gains, PRIMARIES[space])

    np.testing.assert_allclose(matrix @ np.ones(3), np.ones(3), atol=2e-6)


@pytest.mark.parametrize("gains", GAINS)
@pytest.mark.parametrize("lights", [1, 2])
def test_the_matrix_equals_one_worked_out_with_colour_science(
    profile: SensorProfile, gains: tuple[float, ...], lights: int
) -> None:
    entries = profile.colour_matrices[-lights:]

    ours = camera_to_rgb(profile.with_fields(colour_matrices=entries), gains, PRIMARIES["bt2020"])

    matrices = {e.illuminant: np.array(e.xyz_to_camera) for e in entries}
    np.testing.assert_allclose(ours, independent_matrix(matrices, gains), atol=5e-4)


def independent_matrix(matrices: dict[str, np.ndarray], gains: tuple[float, ...]) -> np.ndarray:
    """DNG chapter 6 with colour-science's parts, white adapted to D65 in one step."""
    import colour

    neutral = 1 / np.array(gains)

    def at(xy: np.ndarray) -> np.ndarray:
        if len(matrices) == 1:
            return next(iter(matrices.values()))
        cct, _ = colour.temperature.uv_to_CCT_Robertson1968(
            colour.UCS_to_uv(colour.XYZ_to_UCS(colour.xy_to_XYZ(xy)))
        )
        weight = np.clip((1 / cct - 1 / 6504) / (1 / 2856 - 1 / 6504), 0, 1)
        return weight * matrices["A"] + (1 - weight) * matrices["D65"]

    xy = np.array([0.3457, 0.3585])
    for _ in range(100):
        xy = 0.5 * xy + 0.5 * colour.XYZ_to_xy(np.linalg.inv(at(xy)) @ neutral)
    to_xyz = np.linalg.inv(at(xy)) @ np.diag(neutral)
    white = to_xyz @ np.ones(3)
    space = colour.RGB_COLOURSPACES["ITU-R BT.2020"]
    adapt = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        white / white[1], colour.xy_to_XYZ(space.whitepoint), transform="Bradford"
    )
    to_rgb = np.linalg.inv(colour.normalised_primary_matrix(space.primaries, space.whitepoint))
    return to_rgb @ adapt @ to_xyz / white[1]


def test_the_balance_that_was_applied_chooses_the_light(profile: SensorProfile) -> None:
    # A strong blue gain means warm light: only calibration A then counts, and the other way round.
    by_name = {e.illuminant: e for e in profile.colour_matrices}
    warm, cool = (0.9, 1.0, 3.2), (2.6, 1.0, 1.2)
    for gains, light in ((warm, "A"), (cool, "D65")):
        alone = profile.with_fields(colour_matrices=(by_name[light],))
        np.testing.assert_allclose(
            camera_to_rgb(profile, gains, PRIMARIES["bt709"]),
            camera_to_rgb(alone, gains, PRIMARIES["bt709"]),
            atol=1e-9,
        )


def test_a_pixel_is_measured_when_all_three_channels_are(profile: SensorProfile) -> None:
    measured = torch.ones(1, 3, 1, 4, dtype=torch.bool)
    for channel in range(3):
        measured[0, channel, 0, channel] = False
    frame = Frame.start(
        torch.ones(1, 3, 1, 4),
        Domain.CAMERA,
        profile=profile,
        shot=Shot.single(white_balance=GAINS[0]),
        measured=measured,
        clipped=~measured,
    )

    linear = ColourMatrix().develop(frame)

    assert linear.measured.tolist() == [[[[False, False, False, True]]]]
    assert linear.clipped.tolist() == [[[[True, True, True, False]]]]
    assert linear.domain is Domain.LINEAR
    assert linear.colour is not None
    assert linear.colour.space == "bt2020"
    torch.testing.assert_close(linear.data, torch.ones(1, 3, 1, 4))


def test_a_colour_outside_the_target_space_stays_negative(profile: SensorProfile) -> None:
    green = torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1)
    frame = Frame.start(
        green, Domain.CAMERA, profile=profile, shot=Shot.single(white_balance=GAINS[0])
    )

    assert ColourMatrix("bt709").develop(frame).data.min() < 0


def test_a_monochrome_sensor_s_grey_stays_grey(profile: SensorProfile) -> None:
    mono = profile.with_fields(cfa=Cfa.MONO, black_level_dn=(64.0,), colour_matrices=())
    frame = Frame.start(torch.full((1, 3, 2, 2), 0.4), Domain.CAMERA, profile=mono)

    assert torch.equal(ColourMatrix().develop(frame).data, frame.data)


def test_a_profile_without_a_matrix_is_refused(profile: SensorProfile) -> None:
    with pytest.raises(ProfileError, match="no colour matrix; pass --camera"):
        camera_to_rgb(profile.with_fields(colour_matrices=()), GAINS[0], PRIMARIES["bt709"])


def test_an_unknown_space_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match='no colour space "rec709"; known: bt709, p3'):
        ColourMatrix("rec709")


FORWARD = ((0.6, 0.25, 0.1142), (0.25, 0.9, -0.15), (0.02, -0.1, 0.9049))


@pytest.mark.parametrize("space", PRIMARIES)
def test_a_camera_with_a_forward_matrix_is_taken_to_each_space_from_d50(
    profile: SensorProfile, space: str
) -> None:
    """FM to XYZ under D50 (DNG 1.7.1 chapter 6), then colour-science to the space."""
    import colour

    names = {"bt709": "ITU-R BT.709", "p3": "P3-D65", "bt2020": "ITU-R BT.2020", "acescg": "ACEScg"}
    entries = tuple(replace(m, forward=FORWARD) for m in profile.colour_matrices)
    given = profile.with_fields(colour_matrices=entries)
    camera = np.array([0.2, 0.5, 0.4])

    ours = camera_to_rgb(given, GAINS[0], PRIMARIES[space]) @ camera

    theirs = colour.XYZ_to_RGB(
        np.array(FORWARD) @ camera,
        names[space],
        illuminant=colour.XYZ_to_xy([0.9642, 1.0, 0.8249]),
        chromatic_adaptation_transform="Bradford",
        apply_cctf_encoding=False,
    )
    np.testing.assert_allclose(ours, theirs, atol=2e-6)  # its inverse matrices are rounded to 1e-6
    without = camera_to_rgb(profile, GAINS[0], PRIMARIES[space]) @ camera
    assert np.abs(without - ours).max() > 0.01


def test_camera_colours_are_balanced_once_whoever_does_it(profile: SensorProfile) -> None:
    """The same light, balanced before and left to the matrix (DNG chapter 6: FM D)."""
    light = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(3))
    shot = Shot.single(white_balance=GAINS[0])
    gains = torch.tensor([GAINS[0]])[..., None, None]
    before = Frame.start(light * gains, Domain.CAMERA, profile=profile, shot=shot)
    never = Frame.start(light, Domain.CAMERA, profile=profile, shot=shot, balanced=False)

    one, other = ColourMatrix().develop(before), ColourMatrix().develop(never)

    torch.testing.assert_close(one.data, other.data, rtol=1e-5, atol=1e-6)
    assert one.balanced
    assert other.balanced
