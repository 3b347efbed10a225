"""LibRaw's own development, through the guarded process."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.libraw_picture import libraw_picture
from isp.files.profile import load_profile


@pytest.fixture
def grey_dng(tmp_path: Path) -> Path:
    """A grey card at half of the range: every colour at half its neutral."""
    profile: SensorProfile = load_profile("NikonD850")
    neutral = torch.tensor([[0.5, 1.0, 0.8]])
    light = 400 + 0.5 * (15520 - 400) * Cfa.RGGB.spread(neutral, 64, 64)
    shot = Shot.single(iso=100, exposure_time_s=0.01, f_number=4, white_balance=(2.0, 1.0, 1.25))
    frame = Frame.start(light.round(), Domain.RAW, shot=shot, profile=profile)
    path = tmp_path / "grey.dng"
    write_dng(path, frame)
    return path


def test_linear_light_is_on_our_scale_one_for_green_at_white_level(grey_dng: Path) -> None:
    code = libraw_picture(grey_dng, "LINEAR", linear=True).arrays["code"]

    middle = code[16:-16, 16:-16].reshape(-1, 3).astype(np.float64) / 65535
    np.testing.assert_allclose(middle, 0.5, atol=0.002)


def test_a_demosaic_that_the_wheel_lacks_is_refused_by_name(grey_dng: Path) -> None:
    with pytest.raises(UsageError, match="AMAZE"):
        libraw_picture(grey_dng, "AMAZE")


def test_a_file_that_is_no_raw_is_refused_with_its_name(tmp_path: Path) -> None:
    text = tmp_path / "note.dng"
    text.write_text("no raw")

    with pytest.raises(FileError, match=r"note\.dng"):
        libraw_picture(text)


def test_camera_colours_leave_the_matrix_out(grey_dng: Path) -> None:
    """The matrix would turn the camera's red elsewhere; grey is grey either way."""
    own = libraw_picture(grey_dng, "LINEAR", linear=True, space="raw").arrays["code"]

    np.testing.assert_allclose(own[16:-16, 16:-16] / 65535, 0.5, atol=0.002)


def test_highlights_that_libraw_has_not_are_refused_by_name(grey_dng: Path) -> None:
    with pytest.raises(UsageError, match="Clip, Blend, ReconstructDefault, not Guess"):
        libraw_picture(grey_dng, highlights="Guess")


def test_other_gains_than_the_camera_s_are_taken(grey_dng: Path) -> None:
    """Red gains twice what its neutral asks for, green and blue half: grey at 1, 0.5, 0.4."""
    gains = (4.0, 1.0, 1.0)
    code = libraw_picture(grey_dng, "LINEAR", linear=True, space="raw", gains=gains).arrays["code"]

    middle = code[16:-16, 16:-16].reshape(-1, 3).astype(np.float64) / 65535
    np.testing.assert_allclose(middle.mean(axis=0), [1.0, 0.5, 0.4], atol=0.002)


def test_a_space_that_libraw_has_not_is_refused_by_name(grey_dng: Path) -> None:
    with pytest.raises(UsageError, match="sRGB, XYZ, raw, not Lab"):
        libraw_picture(grey_dng, space="Lab")
