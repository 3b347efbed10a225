"""Captures that cannot be measured are named, with what to shoot again."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.capture_faults import faults_of
from calibration.captures import CaptureSet
from calibration.fault import Fault
from calibration.moments import gather
from calibration.photon_transfer import Level
from isp.core.cfa import Cfa
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera(size=(64, 64))


def captures(black: float | None = 60.0) -> CaptureSet:
    """The camera as its files say it."""
    return CaptureSet(
        camera="C", cfa=Cfa.MONO, bit_depth=12, white_level_dn=4095.0,
        black_level_dn=None if black is None else (black,), stacks=(),
    )  # fmt: skip


def levels(camera: FlatCamera = CAMERA, count: int = 12, brightest: float = 24_000) -> list[Level]:
    """A sound series, but for what a test changes."""
    dark = camera.moments(0.0, 0.02)
    return [
        Level(
            exposure_time_s=0.01,
            photons=float(photons),
            bright=camera.moments(float(photons), 0.01),
            dark=dark,
            dark_time_s=0.01,
        )
        for photons in np.linspace(1000, brightest, count)
    ]


def only(found: tuple[Fault, ...]) -> Fault:
    """The one fault."""
    (fault,) = found
    return fault


def test_sound_captures_have_no_fault() -> None:
    assert faults_of(captures(), 100, levels()) == ()


def test_darks_cut_at_code_0_are_fatal() -> None:
    fault = only(faults_of(captures(None), 100, levels(replace(CAMERA, black=1.0))))

    assert fault.fatal
    assert "raise the black level" in fault.remedy


@pytest.mark.parametrize(("zeros", "is_fatal"), [(3, False), (12, True)])
def test_a_few_codes_0_of_small_darks_are_chance(zeros: int, is_fatal: bool) -> None:
    """Of 8192 values 3 are 3.7e-4, but also what a share of 1e-4 (0.8 values) gives in 1 of 20.

    Of 12 the least is 3.0e-4 (Garwood: the 1e-4 quantile of a gamma law of 12 is 2.5).
    """
    frames = CAMERA.frames(0.0, 0.02)
    frames[0].ravel()[:: 4096 // zeros + 1] = 0.0
    assert int((frames[0] == 0).sum()) == zeros
    cut = gather(frames, limit_dn=4095)

    found = faults_of(captures(), 100, [replace(level, dark=cut) for level in levels()])

    assert any(fault.fatal for fault in found) == is_fatal


@pytest.mark.parametrize(
    ("black", "side", "remedy"),
    [(100.0, "above", "light leaked in"), (20.0, "below", "state the right black level")],
)
def test_darks_above_the_files_black_are_a_leak_and_below_it_a_wrong_level(
    black: float, side: str, remedy: str
) -> None:
    fault = only(faults_of(captures(), 100, levels(replace(CAMERA, black=black))))

    assert f"40.0 DN {side}" in fault.what or f"39.9 DN {side}" in fault.what
    assert remedy in fault.remedy
    assert not fault.spoils


@pytest.mark.parametrize("black", [160.0, 400.0])
def test_darks_far_off_the_files_black_are_to_be_shot_again(black: float) -> None:
    """2 % of 4035 DN are 81."""
    assert only(faults_of(captures(), 100, levels(replace(CAMERA, black=black)))).serious


def test_flats_among_the_darks_are_named_where_nobody_says_the_black_level() -> None:
    sound = [
        replace(
            level,
            exposure_time_s=0.001 * i,
            dark_time_s=0.001 * i,
            dark=CAMERA.moments(0.0, 0.001 * i),
        )
        for i, level in enumerate(levels(), 1)
    ]
    sound[4] = replace(sound[4], dark=sound[4].bright)

    fault = only(faults_of(captures(None), 100, sound))

    assert "the darks of 0.005 s lie" in fault.what
    assert "flats" in fault.remedy
    assert fault.serious


def test_a_dark_among_the_flats_is_no_flicker() -> None:
    sound = levels()
    frames = CAMERA.frames(12_000.0, 0.01, light=(1.0, 0.0))

    fault = only(faults_of(captures(), 100, [*sound, replace(sound[0], bright=gather(frames))]))

    assert "a dark or a frame of another exposure" in fault.what
    assert fault.serious


@pytest.mark.parametrize(("step", "serious"), [(0.008, False), (0.014, True)])
def test_light_that_flickers_by_a_percent_is_to_be_shot_again(step: float, serious: bool) -> None:
    sound = levels()
    bright = gather(CAMERA.frames(12_000.0, 0.01, light=(1.0, 1.0 + step)))

    fault = only(faults_of(captures(), 100, [*sound, replace(sound[0], bright=bright)]))

    assert fault.serious == serious


def test_a_dark_level_that_passes_by_is_no_flicker_of_a_dim_flat() -> None:
    """3 DN of 4035 are 2.4 % of a signal of 125 DN."""
    sound = levels()
    frames = CAMERA.frames(1000.0, 0.01)
    frames[1] += 3

    assert faults_of(captures(), 100, [*sound[1:], replace(sound[0], bright=gather(frames))]) == ()


@pytest.mark.parametrize(("time", "serious"), [(0.02, False), (0.5, True)])
def test_flats_without_a_dark_of_their_time_are_said(time: float, serious: bool) -> None:
    """0.49 s of 30 e-/s are 15 e-, which no dark of 0.01 s holds."""
    sound = levels()
    sound[3:5] = [replace(level, exposure_time_s=time) for level in sound[3:5]]

    fault = only(faults_of(captures(), 100, sound))

    assert f"flats of {time:g} s have no dark of their exposure time" in fault.what
    assert fault.serious == serious


def test_a_black_level_that_nobody_says_is_not_judged() -> None:
    assert faults_of(captures(None), 100, levels(replace(CAMERA, black=100.0))) == ()


def test_few_exposures_are_counted() -> None:
    assert "4 exposures" in only(faults_of(captures(), 100, levels(count=4))).what


def test_flats_that_are_all_clipped_are_fatal() -> None:
    camera = replace(CAMERA, gain=2.0, read_noise_e=2.0)

    white, dark = camera.moments(20_000.0, 0.01), camera.moments(0.0, 0.02)
    bright = [replace(level, bright=white, dark=dark) for level in levels()]

    fault = only(faults_of(captures(), 100, bright))
    assert fault.fatal
    assert "darker" in fault.remedy


def test_light_that_flickers_is_said_with_the_exposure() -> None:
    sound = levels()
    frames = CAMERA.frames(12_000.0, 0.01, light=(1.0, 1.05))

    fault = only(faults_of(captures(), 100, [*sound, replace(sound[0], bright=gather(frames))]))

    assert "flickers by 4." in fault.what or "flickers by 5." in fault.what
    assert "direct current" in fault.remedy


def test_light_that_only_rises_drifts() -> None:
    sound = levels()
    frames = CAMERA.frames(12_000.0, 0.01, 4, light=(1.0, 1.02, 1.04, 1.06))

    fault = only(faults_of(captures(), 100, [*sound, replace(sound[0], bright=gather(frames))]))

    assert "drifts" in fault.what
    assert "warm up" in fault.remedy


def long_darks(camera: FlatCamera, leak_dn: float = 0.0) -> list[Level]:
    """A series of 0.5 to 6 s, each with its own dark; light leaked into the longest."""
    made = []
    for index, level in enumerate(levels(camera, brightest=20_000), 1):
        frames = camera.frames(0.0, index / 2)
        dark = gather([frame + (leak_dn if index == 12 else 0) for frame in frames])
        bright = camera.moments(float(level.photons or 0), index / 2)
        times = {"exposure_time_s": index / 2, "dark_time_s": index / 2}
        made.append(replace(level, bright=bright, dark=dark, **times))
    return made


def test_dark_current_is_no_light_leak() -> None:
    """200 e-/s in 6 s are 300 DN, far above 2 % of the range, and 25 DN in the shortest dark."""
    assert faults_of(captures(), 100, long_darks(replace(CAMERA, dark_current_e_per_s=200.0))) == ()


def test_a_wrong_black_level_is_seen_through_dark_current() -> None:
    camera = replace(CAMERA, dark_current_e_per_s=200.0, black=20.0)

    assert "DN below the black level" in only(faults_of(captures(), 100, long_darks(camera))).what


def test_a_leak_into_one_long_dark_turns_no_black_level() -> None:
    camera = replace(CAMERA, dark_current_e_per_s=200.0)

    assert faults_of(captures(), 100, long_darks(camera, leak_dn=400.0)) == ()


def test_flats_and_darks_that_are_swapped_are_told() -> None:
    swapped = [replace(level, bright=level.dark, dark=level.bright) for level in levels()]

    fault = only(faults_of(captures(), 100, swapped))

    assert "no brighter than their darks" in fault.what
    assert "for what they are" in fault.remedy
    assert fault.fatal


def test_photons_that_cannot_be_are_a_fault_of_otherwise_sound_captures() -> None:
    few = [replace(level, photons=(level.photons or 0.0) / 3) for level in levels()]

    fault = only(faults_of(captures(), 100, few))

    assert fault.what.startswith("ISO 100: the photons of the file are too few")
