"""Exposures that hold copies are named; saturated frames, which are alike, are none."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.capture_faults import faults_of
from calibration.copied_exposures import copied_exposures
from calibration.frame_faults import copied_frames
from calibration.moments import gather
from calibration.photon_transfer import Level
from tests.calibration.flat_camera import FlatCamera
from tests.calibration.test_capture_faults import CAMERA, captures, levels, only

OFFSETS = np.random.default_rng(2).integers(0, 4, (1, 64))  # of the columns, DN


def copied(level: Level, kind: str) -> Level:
    """The level with its second bright or dark frame a copy of the first."""
    photons, time = (float(level.photons or 0), 0.01) if kind == "bright" else (0.0, 0.02)
    first = CAMERA.frames(photons, time)[0]
    return replace(level, **{kind: gather([first, first.copy()], limit_dn=4095)})


@pytest.mark.parametrize(("kind", "said"), [("bright", "flats"), ("dark", "darks")])
def test_pairs_whose_frames_are_copies_are_named_once(kind: str, said: str) -> None:
    fault = only(faults_of(captures(), 100, [copied(level, kind) for level in levels()]))

    assert f"frames of 12 of the 12 exposures of {said} are copies" in fault.what
    assert fault.fatal
    assert "each frame once" in fault.remedy


def test_flats_and_darks_that_are_copies_are_each_named() -> None:
    both = [copied(copied(level, "bright"), "dark") for level in levels()]

    assert [" flats " in fault.what for fault in faults_of(captures(), 100, both)] == [True, False]


def test_one_pair_of_copies_is_named_with_its_time() -> None:
    sound = levels()

    fault = only(faults_of(captures(), 100, [copied(sound[4], "bright"), *sound[5:], *sound[:4]]))

    assert "1 of the 12 exposures of flats of 0.01 s are copies" in fault.what


def test_white_flats_that_are_alike_are_no_copies() -> None:
    white = gather([np.full((64, 64), 4095.0)] * 2, limit_dn=4095)
    sound = levels()

    assert faults_of(captures(), 100, [*sound, replace(sound[0], bright=white)]) == ()


def fixed_by_columns(camera: FlatCamera) -> list[Level]:
    """Flats whose columns' offsets were taken off after the converter clipped them."""
    made, one = [], levels()[0]
    for photons in np.linspace(1000, 24_000, 18):
        frames = [frame - OFFSETS for frame in camera.frames(float(photons), 0.01)]
        bright = gather(frames, limit_dn=4095)
        made.append(replace(one, photons=float(photons), bright=bright))
    return made


def test_clipped_flats_with_a_fixed_pattern_are_no_copies() -> None:
    """11 bits end at 2047 DN, at 16 000 photons: a third of the levels hold nothing but OFFSETS."""
    camera = replace(CAMERA, bits=11)
    series = fixed_by_columns(camera)
    assert sum(copied_frames(level.bright) is not None for level in series) >= 5

    assert copied_exposures(100, series) == []


def test_a_brightest_pair_that_is_a_copy_is_named_though_nothing_rises_above_it() -> None:
    sound = levels(brightest=20_000)

    (fault,) = copied_exposures(100, [*sound[:-1], copied(sound[-1], "bright")])

    assert "1 of the 12 exposures of flats" in fault.what


def test_a_pair_of_darks_copied_to_other_exposures_is_named() -> None:
    """Each pair has its own noise; the dark current of all would be that of one."""
    one = CAMERA.frames(0.0, 0.02)
    series = [
        replace(level, exposure_time_s=0.01 * i, dark_time_s=0.01 * i, dark=gather(one))
        for i, level in enumerate(levels(), 1)
    ]

    fault = only(faults_of(captures(), 100, series))

    assert "11 of the 12 exposures of darks hold frames of another one" in fault.what
    assert "0.02 s those of 0.01 s" in fault.what
    assert fault.fatal


def test_a_frame_is_known_again_among_others_of_another_brightness() -> None:
    """The sums are over differences from a round number, which each exposure has its own."""
    sound = levels()
    first = CAMERA.frames(float(sound[5].photons or 0), 0.01)[0]
    other = CAMERA.frames(7000.0, 0.01)

    (fault,) = copied_exposures(
        100, [*sound, replace(sound[6], photons=7000.0, bright=gather([other[0], first]))]
    )

    assert "1 of the 13 exposures of flats hold frames of another one" in fault.what
