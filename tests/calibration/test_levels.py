"""Levels pair each flat with the dark of its time, and open a stack once."""

import pytest

from calibration.captures import Stack
from calibration.levels import gather_levels
from calibration.moments import Moments, gather
from isp.core.errors import CalibrationError
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera(size=(16, 16), dark_current_e_per_s=1e5)


def stack(time: float, *, dark: bool, count: int = 2) -> Stack:
    """Two frames of it."""
    photons = 0.0 if dark else 1e6 * time
    return Stack(
        name=f"{dark} {time}", dark=dark, exposure_time_s=time, iso=100.0, photons=None,
        count=count, frames=lambda: CAMERA.frames(photons, time, count),
    )  # fmt: skip


def test_each_flat_has_the_dark_of_its_time_and_each_stack_is_opened_once() -> None:
    opened = []

    def moments(each: Stack) -> Moments:
        opened.append(each.name)
        return gather(each.frames())

    flats = [stack(time, dark=False) for time in (0.001, 0.002, 0.0021)]
    darks = [stack(time, dark=True) for time in (0.001, 0.002)]

    levels = gather_levels(flats, darks, moments)

    # 1e5 e-/s: 25 DN more for each ms.
    warm = [level.dark.frame_means.mean() - 60 for level in levels]
    assert warm == pytest.approx([25, 50, 50], abs=1)
    assert len(opened) == len(set(opened)) == 5
    assert all(level.bright.mean_image is None for level in levels)


def test_darks_of_one_frame_are_not_enough() -> None:
    with pytest.raises(CalibrationError, match="no dark has the two frames"):
        gather_levels(
            [stack(0.001, dark=False)], [stack(0.001, dark=True, count=1)], lambda s: None
        )
