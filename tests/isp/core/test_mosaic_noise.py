"""The noise of a mosaic is the profile's, in the mosaic's unit."""

import math
from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import check_noise, deviation, mosaic_noise, noise_of
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.sensor import Sensor

READING = Reading(iso=100, system_gain_dn_per_e=0.8, read_noise_e=2.5)
PROFILE = SensorProfile(
    name="worked",
    cfa=Cfa.RGGB,
    bit_depth=10,
    black_level_dn=(64.0,) * 4,
    white_level_dn=1023.0,
    readings=(READING,),
)
ISO = torch.tensor([100.0])


def test_it_is_the_noise_profile_of_the_conventions_worked_example() -> None:
    """CONVENTIONS section 1.1, NoiseProfile: S = 8.342e-4, O = 4.440e-6."""
    offset, slope, square = mosaic_noise(PROFILE, ISO)[0].tolist()

    assert slope == pytest.approx(8.342e-4, rel=1e-4)
    assert offset == pytest.approx(4.440e-6, rel=1e-3)
    assert square == 0


def test_row_column_and_banding_add_to_what_does_not_depend_on_light() -> None:
    reading = replace(READING, row_noise_e=1.0, column_noise_e=2.0, banding_amplitude_e=4.0)

    more = mosaic_noise(replace(PROFILE, readings=(reading,)), ISO)[0, 0]
    less = mosaic_noise(PROFILE, ISO)[0, 0]

    # 1 + 4 + 16 / 2 = 13 e-^2, K = 0.8 DN/e-, over 959 DN.
    assert float(more - less) == pytest.approx(13 * 0.64 / 959**2, rel=1e-4)


def test_the_fixed_pattern_is_in_it_only_where_asked() -> None:
    profile = replace(PROFILE, prnu_percent=3.0, column_gain_percent=4.0, dsnu_e=5.0)

    with_pattern = mosaic_noise(profile, ISO, with_pattern=True)[0]

    assert torch.equal(mosaic_noise(profile, ISO), mosaic_noise(PROFILE, ISO))
    assert float(with_pattern[2]) == pytest.approx(0.05**2)
    extra = float(with_pattern[0] - mosaic_noise(PROFILE, ISO)[0, 0])
    assert extra == pytest.approx(25 * 0.64 / 959**2, rel=1e-4)


def test_a_logistic_tail_counts_as_the_gaussian_that_is_as_often_beyond_it() -> None:
    """Q(p) of shape 0 is s ln(p / (1 - p)): at five sigmas (p = 2.867e-7) 15.065 s."""
    scale = 1.5
    read = scale * math.pi / math.sqrt(3)
    reading = replace(
        READING, read_noise_e=read, tukey_lambda_shape=0.0, tukey_lambda_scale_e=scale
    )

    noise = mosaic_noise(replace(PROFILE, readings=(reading,)), ISO, tail_sigmas=5.0)[0, 0]

    read_dn = math.sqrt(float(noise) * 959**2 - 1 / 12)
    assert read_dn == pytest.approx(0.8 * scale * 15.065 / 5, rel=1e-3)


def test_the_deviation_is_the_root_of_the_polynomial_and_does_not_fall_below_black() -> None:
    light = torch.tensor([[[[-1.0, 0.0, 0.5]]]])

    spread = deviation(light, torch.tensor([[4.0, 8.0, 4.0]]))

    assert spread.flatten().tolist() == pytest.approx([2.0, 2.0, 3.0])


def test_given_numbers_are_taken_for_each_image() -> None:
    frame = Frame.start(torch.zeros(2, 1, 2, 2), Domain.MOSAIC)

    assert noise_of(frame, (0.25, 0.5)).tolist() == [[0.5, 0.25, 0.0]] * 2


def test_a_mosaic_that_was_balanced_already_is_refused() -> None:
    frame = Frame.start(torch.zeros(1, 1, 2, 2), Domain.MOSAIC, balanced=True, profile=PROFILE)

    with pytest.raises(FrameError, match="white_balance has changed the noise"):
        noise_of(frame, None)


def test_what_nobody_knows_is_said() -> None:
    blank = Frame.start(torch.zeros(1, 1, 2, 2), Domain.MOSAIC)
    unread = Frame.start(
        torch.zeros(1, 1, 2, 2), Domain.MOSAIC, profile=replace(PROFILE, readings=()),
        shot=Shot.single(iso=100),
    )  # fmt: skip

    with pytest.raises(FrameError, match="no sensor profile"):
        noise_of(blank, None)
    with pytest.raises(ProfileError, match="no readings of gain and noise"):
        noise_of(unread, None)


@pytest.mark.parametrize("given", [(0.0, 1.0), (1.0, -1.0), (-1.0, 0.0)])
def test_impossible_noise_is_refused(given: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="noise is a slope above 0"):
        check_noise(given)


@pytest.mark.parametrize("camera", ["CanonEOS700D", "SonyA7S2"])
def test_the_dark_frames_that_are_drawn_have_the_variance_that_is_told(camera: str) -> None:
    """ELD's Gaussian fit is a third off in variance from the Tukey lambda that is drawn."""
    profile = load_profile(camera)
    shot = Shot.single(iso=1600.0, exposure_time_s=1 / 30)
    dark = Frame.start(torch.zeros(1, 1, 900, 600), Domain.EXPECTED, shot=shot, profile=profile)

    raw = Sensor(profile).capture(dark, 8).data.double()
    packed = Cfa.RGGB.pack(raw)
    variance = float(packed.var(dim=(2, 3)).mean())

    offset = float(mosaic_noise(profile, torch.tensor([1600.0]))[0, 0])
    span = profile.white_level_dn - sum(profile.black_level_dn) / 4
    assert variance == pytest.approx(offset * span**2, rel=0.02)
