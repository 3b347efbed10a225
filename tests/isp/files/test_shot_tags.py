"""Tags say the shot of a raw file as decoding it does; where they cannot, nothing is said."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import FileError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.limits import Limits
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from isp.files.shot_tags import read_shot_tags


def write(path: Path, **shot: float) -> Path:
    """A DNG of 32 x 32."""
    frame = Frame.start(
        torch.full((1, 1, 32, 32), 600.0), Domain.RAW, shot=Shot.single(**shot),
        profile=load_profile("SonyA7S2"),
    )  # fmt: skip
    write_dng(path, frame)
    return path


@pytest.mark.parametrize("time", [1 / 60, 0.0025, 30.0])
def test_tags_say_what_decoding_says(tmp_path: Path, time: float) -> None:
    path = write(tmp_path / "a.dng", iso=800, exposure_time_s=time)

    told, shot = read_shot_tags(path, Limits()), read_raw(path).shot

    assert told is not None
    assert told.exposure_time_s == pytest.approx(time, rel=1e-6)
    assert told.exposure_time_s == pytest.approx(float(shot.exposure_time_s[0]), rel=1e-6)
    assert told.iso == float(shot.iso[0]) == 800


def test_a_shot_without_a_time_is_left_to_the_decoder(tmp_path: Path) -> None:
    assert read_shot_tags(write(tmp_path / "a.dng", iso=800), Limits()) is None


def test_an_iso_beyond_the_rating_stands_in_the_other_tag(tmp_path: Path) -> None:
    """EXIF 2.3: ISOSpeedRatings holds 65535 at most, RecommendedExposureIndex any."""
    path = write(tmp_path / "a.dng", iso=102_400, exposure_time_s=0.01)

    told = read_shot_tags(path, Limits())

    assert told is not None
    assert told.iso == 102_400
    assert float(read_raw(path).shot.iso[0]) == 102_400


def test_a_picture_has_no_shot_of_its_own_and_nonsense_is_refused(tmp_path: Path) -> None:
    import imagecodecs

    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(np.zeros((4, 6), np.uint16)))
    (tmp_path / "b.dng").write_bytes(b"")

    assert read_shot_tags(tmp_path / "a.png", Limits()) is None
    with pytest.raises(FileError, match=r"b\.dng"):
        read_shot_tags(tmp_path / "b.dng", Limits())


def test_a_broken_structure_says_nothing(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.dng", iso=800, exposure_time_s=0.01).read_bytes()
    (tmp_path / "b.dng").write_bytes(whole[:12])

    assert read_shot_tags(tmp_path / "b.dng", Limits()) is None
