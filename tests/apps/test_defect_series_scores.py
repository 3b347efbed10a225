"""Defects that one frame's texture hides are listed from several, and next to nothing else."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from apps.defect_scores import broken_camera, captured_scores
from apps.defect_scores_page import Score
from apps.defect_series_scores import COUNTS, MARGIN, SHIFTS, series_scores, shifted_lights
from apps.scenes import scene
from isp.core.frame import Frame
from simulate.sensor import Sensor

SIZE = (320 + MARGIN[0], 384 + MARGIN[1])


def light(name: str) -> Frame:
    """A scene through a lens of 0.45 pitch Gaussian, one pixel a photosite."""
    sharp = scene(name, *SIZE)
    taps = torch.tensor([0.08, 0.84, 0.08])
    lens = torch.outer(taps, taps).expand(3, 1, 3, 3)
    return replace(
        sharp, data=F.conv2d(F.pad(sharp.data, (1, 1, 1, 1), "replicate"), lens, groups=3)
    )


@pytest.mark.parametrize(
    ("name", "frames"), [("siemens?cycles=90", 16), ("dead-leaves?colour=yes", 8), ("flat", 8)]
)
def test_several_frames_list_99_percent_from_30_sigma_on_where_one_does_not(
    name: str, frames: int
) -> None:
    """122880 photosites: 1 false is 0.8e-5. A star near Nyquist, alike wherever, takes 16."""
    profile, seen = broken_camera(), light(name)

    by_count = dict(zip(COUNTS, series_scores(profile, name, seen, 100.0, 1 / 30), strict=True))
    listed = by_count[frames]
    one = next(captured_scores(Sensor(profile), name, next(shifted_lights(seen)), [(100, 1 / 30)]))

    assert sum(every for _, every in listed.found_of[4:]) > 100
    assert listed.recall(30) >= 0.99
    assert listed.false_positives <= 1
    if name != "flat":
        assert one.recall(30) < 0.97
        assert hidden(listed) < hidden(one)


def hidden(score: Score) -> int:
    return sum(every - found for found, every in score.found_of[2:])


def test_the_shifts_keep_within_the_light_and_see_every_phase_of_the_pattern() -> None:
    assert {(top % 2, left % 2) for top, left in SHIFTS} == {(0, 0), (1, 0), (1, 1), (0, 1)}
    frames = list(shifted_lights(light("flat")))

    assert {frame.size for frame in frames} == {(320, 384)}
    assert all(top <= MARGIN[0] and left <= MARGIN[1] for top, left in SHIFTS)
