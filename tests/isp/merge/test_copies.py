"""Frames given twice are found, and frames that only look alike are not."""

from dataclasses import replace

import torch

from isp.merge.copies import copies
from tests.isp.merge.samples import flat, taken


def test_each_repetition_is_named_with_the_first_it_repeats() -> None:
    one, other = taken(flat(100.0, 8), (-1, 0))

    assert copies([one, other, one, one]) == [(0, 2), (0, 3)]


def test_exposures_of_one_scene_are_no_copies_though_nothing_changed() -> None:
    first, second = (taken(flat(100.0, 8), (0,), seed=seed)[0] for seed in (1, 2))

    assert copies([first, second]) == []


def test_frames_that_lost_everything_may_be_alike() -> None:
    [frame] = taken(flat(100.0, 8), (0,))
    lost = replace(frame, measured=torch.zeros_like(frame.measured))

    assert copies([lost, lost]) == []


def test_frames_of_other_sizes_are_no_copies() -> None:
    small, large = taken(flat(100.0, 8), (0,)) + taken(flat(100.0, 9), (0,))

    assert copies([small, large]) == []
