"""Frames to time with differ from each other, and are photographs of the camera asked for."""

import pytest
import torch

from apps.bench.latency.raw_frames import moved_frames, simulated_frames
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import Defect
from isp.files.profile import load_profile

PHONE = load_profile("GenericPhone")


def test_eight_photographs_differ_and_fill_a_tenth_of_the_range() -> None:
    frames = simulated_frames(PHONE, (36, 48))

    assert len(frames) == 8
    for number, frame in enumerate(frames):
        assert not any(torch.equal(frame.data, other.data) for other in frames[:number])
    middle_dn = torch.cat([frame.data for frame in frames]).median() - PHONE.black_sites.mean()
    share = float(middle_dn) / float(PHONE.white_level_dn - PHONE.black_sites.mean())
    assert 0.09 < share < 0.11
    assert frames[0].shot.iso is not None
    assert float(frames[0].shot.iso) == min(reading.iso for reading in PHONE.readings)


def test_the_iso_asked_for_is_the_frames_and_a_sliver_is_refused() -> None:
    (frame,) = simulated_frames(PHONE, (12, 12), iso=800, count=1)

    assert float(frame.shot.need("iso")) == 800
    with pytest.raises(UsageError, match="not 11x48"):
        simulated_frames(PHONE, (11, 48))


def test_a_files_frame_is_cut_from_its_middle_with_its_pattern_and_its_defects() -> None:
    profile = PHONE.with_fields(defects=(Defect(row=13, column=27), Defect(row=0, column=0)))
    data = torch.arange(36.0 * 60).reshape(1, 1, 36, 60)
    frame = Frame.start(data, Domain.RAW, profile=profile)

    first, second = moved_frames(frame, (12, 12), count=2)

    # Middle: 12 down, 24 across, both whole periods of 12.
    assert torch.equal(first.data, data[..., 12:24, 24:36])
    assert [(d.row, d.column) for d in first.need_profile().defects] == [(1, 3)]
    assert first.need_profile().cfa == profile.cfa
    assert torch.equal(second.data, first.data)  # 12 x 12 moved round by 12
    whole = moved_frames(frame, None, count=2)[1].data
    assert torch.equal(whole[..., 12:, :48], data[..., :24, 12:])
    assert torch.equal(Cfa.RGGB.colour_map(24, 24)[12:, 12:], Cfa.RGGB.colour_map(12, 12))


def test_a_file_smaller_than_the_size_asked_for_is_refused() -> None:
    frame = Frame.start(torch.zeros(1, 1, 36, 60), Domain.RAW, profile=PHONE)

    with pytest.raises(UsageError, match="the file has 36x60 pixels, fewer than the 48x48 asked"):
        moved_frames(frame, (48, 48))
