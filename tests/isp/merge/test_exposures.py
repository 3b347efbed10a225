"""Which exposures a merge takes: what was given, noted, or measured."""

from dataclasses import replace

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.merge.exposures import Exposures, exposures_of
from isp.merge.observation import observe
from tests.isp.merge.samples import flat, ramp, taken


def told(frames: list[Frame], measure: bool = False, given: list[float] | None = None) -> Exposures:
    one = torch.ones(len(frames[0].data))
    bracket = [observe(frame, one, None) for frame in frames]
    return exposures_of(frames, bracket, 1, given, measure=measure)


def noted(frame: Frame, **changes: float | None) -> Frame:
    values = {n: None if v is None else torch.tensor([v]) for n, v in changes.items()}
    return replace(frame, shot=replace(frame.shot, **values))


FRAMES = taken(ramp(1.0, 5e4), (-2, 0, 2))


def test_times_and_apertures_of_the_shots_are_taken() -> None:
    frames = [
        noted(frame, exposure_time_s=time, f_number=number)
        for frame, time, number in zip(FRAMES, (1.0, 1.0, 2.0), (8.0, 4.0, 4.0), strict=True)
    ]

    light = told(frames)

    assert light.used.tolist() == [[0.25, 1.0, 2.0]]
    assert light.source == "metadata"


def test_true_metadata_agree_with_what_the_frames_show() -> None:
    light = told(FRAMES)

    assert light.measured == pytest.approx([0.25, 1, 4], rel=5e-3)
    assert not light.disagrees
    assert len(light.ratios) == 2


def test_lying_metadata_are_said_to_disagree_and_still_taken() -> None:
    lying = [noted(FRAMES[0], exposure_time_s=0.005), *FRAMES[1:]]

    light = told(lying)

    assert light.disagrees
    assert light.disagreement == pytest.approx([0.5, 1, 1], rel=5e-3)
    assert light.used.tolist() == [[0.5, 1.0, 4.0]]


def test_measured_exposures_are_taken_when_asked_for() -> None:
    lying = [noted(FRAMES[0], exposure_time_s=0.005), *FRAMES[1:]]

    light = told(lying, measure=True)

    assert light.source == "measured"
    assert light.used[0].tolist() == pytest.approx([0.25, 1, 4], rel=5e-3)


def test_measured_exposures_are_taken_when_nothing_is_noted() -> None:
    silent = [noted(FRAMES[i], exposure_time_s=None) for i in (2, 0, 1)]

    light = told(silent)

    assert light.source == "measured"
    assert light.nominal is None
    assert light.order == [1, 2, 0]
    assert light.used[0].tolist() == pytest.approx([16, 1, 4], rel=5e-3)


def test_given_exposures_come_before_metadata() -> None:
    light = told(FRAMES, given=[1.0, 10.0, 100.0])

    assert light.used.tolist() == [[0.1, 1.0, 10.0]]
    assert light.source == "given"
    assert light.disagrees


def test_a_scene_that_shows_no_ratio_keeps_its_metadata_and_says_why() -> None:
    dark = taken(flat(1.0, 40), (-2, 0, 2))

    light = told(dark)

    assert light.used.tolist() == [[0.25, 1.0, 4.0]]
    assert light.measured is None
    assert "samples are measured well" in (light.failure or "")
    assert not light.disagrees
    with pytest.raises(CalibrationError, match="samples are measured well"):
        told(dark, measure=True)


def test_half_noted_exposures_are_refused() -> None:
    half = [noted(FRAMES[0], exposure_time_s=None), *FRAMES[1:]]

    with pytest.raises(FrameError, match="noted in some frames, but not in frame 1"):
        told(half)


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(FrameError, match="exposure_time_s is positive"):
        told([noted(FRAMES[0], exposure_time_s=0.0), *FRAMES[1:]])


def test_the_iso_counts_in_a_pictures_codes_and_not_in_electrons() -> None:
    pictures = [
        Frame.start(
            torch.zeros(1, 3, 8, 8), Domain.LINEAR,
            shot=Shot.single(exposure_time_s=time, iso=iso),
        )
        for time, iso in ((1.0, 100), (1.0, 400))
    ]  # fmt: skip
    from isp.core.response import Response

    bracket = [observe(p, torch.ones(1), Response.linear()) for p in pictures]

    light = exposures_of(pictures, bracket, 0, None, measure=False)

    assert light.used.tolist() == [[1.0, 4.0]]
    faster = [FRAMES[0], noted(FRAMES[1], iso=100.0)]
    assert told(faster).used.tolist() == [[0.25, 1.0]]
