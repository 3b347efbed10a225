"""Frames to prove graphs on: known light, noise by number, windows that keep the pattern."""

from pathlib import Path

import pytest
import torch

from apps.deploy.example_frames import frames_of_file, led_in, simulated_frames
from isp.core.domain import Domain
from isp.core.errors import FrameError, MissingError
from isp.files.dng import write_dng
from isp.files.profile import load_profile
from isp.files.raw import read_raw

PROFILE = load_profile("SonyA7S2")


def test_a_number_is_a_frame_and_another_number_another_noise() -> None:
    frames = simulated_frames(PROFILE, 1600.0)

    one, again, other = frames(40, 60, 1), frames(40, 60, 1), frames(40, 60, 2)

    assert torch.equal(one.data, again.data)
    assert float((one.data != other.data).float().mean()) > 0.1
    assert one.domain is Domain.RAW
    assert 0.5 < float(one.measured.float().mean()) < 1  # windows clip


def test_windows_of_a_file_begin_with_its_pattern_and_keep_its_shot(tmp_path: Path) -> None:
    whole = simulated_frames(PROFILE, 1600.0)(80, 90, 1)
    write_dng(tmp_path / "a.dng", whole)
    read = read_raw(tmp_path / "a.dng")
    frames = frames_of_file(tmp_path / "a.dng")

    windows = [frames(30, 40, number) for number in range(4)]

    assert len({float(w.data.sum()) for w in windows}) == 4
    for window in windows:
        assert window.need_profile().cfa == read.need_profile().cfa
        assert torch.equal(window.shot.need("white_balance"), read.shot.need("white_balance"))
        places = [
            (y, x) for y in range(0, 51, 2) for x in range(0, 51, 2)
            if torch.equal(read.data[..., y : y + 30, x : x + 40], window.data)
        ]  # fmt: skip
        assert len(places) == 1
    assert frames.profile.cfa == read.need_profile().cfa
    with pytest.raises(FrameError, match="a window of 100 x 40 is wanted, but it has 90 x 80"):
        frames(40, 100, 0)


@pytest.mark.parametrize(
    "domain", [Domain.RAW, Domain.MOSAIC, Domain.CAMERA, Domain.LINEAR, Domain.SDR]
)
def test_a_frame_is_led_into_the_domain_that_a_stage_takes(domain: Domain) -> None:
    frame = led_in(simulated_frames(PROFILE, 1600.0)(24, 30, 1), domain)

    assert frame.domain is domain
    assert frame.history == ()


def test_no_frame_leads_back() -> None:
    with pytest.raises(MissingError, match="SCENE"):
        led_in(simulated_frames(PROFILE, 1600.0)(24, 30, 1), Domain.SCENE)
