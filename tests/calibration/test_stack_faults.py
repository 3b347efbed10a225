"""The long stacks are judged like the pairs, and what rests on a spoilt one has no number."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.camera import of_sites
from calibration.capture_verdict import judge
from calibration.captures import CaptureSet, Stack
from calibration.noise import NoiseAtIso, measure_noise
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError
from tests.calibration.flat_camera import FlatCamera
from tests.calibration.written_captures import captures

CAMERA = FlatCamera(size=(64, 64), well_e=12_000.0)
LEAK = np.linspace(0, 100, 64)[None]
Frames = list[NDArray[Any]]
Spoil = Callable[[Frames], Frames]


@cache
def sound() -> CaptureSet:
    """Pairs and stacks of a known camera, without the warm darks."""
    every = captures(CAMERA)
    return replace(every, stacks=tuple(s for s in every.stacks if s.temperature_c is None))


def spoilt(kind: str, change: Spoil) -> CaptureSet:
    """The same with another stack of darks or of flats."""

    def other(stack: Stack) -> Stack:
        if stack.count == 2 or stack.dark != (kind == "darks"):
            return stack
        frames = change([frame.copy() for frame in stack.frames()])

        def opened() -> Iterable[NDArray[Any]]:
            return frames

        return replace(stack, frames=opened)

    return replace(sound(), stacks=tuple(other(stack) for stack in sound().stacks))


def lit(frames: Frames, shares: Iterable[float]) -> Frames:
    """Flats under light of such shares."""
    return [
        np.clip(np.rint(CAMERA.black + share * (frame - CAMERA.black)), 0, 4095)
        for frame, share in zip(frames, shares, strict=True)
    ]


def tilted(frames: Frames, swing: float) -> Frames:
    """Flats under light that tilts across the frame from -swing to swing, its mean the same."""
    tilts = np.linspace(-swing, swing, len(frames))
    return [
        np.rint(CAMERA.black + (1 + tilt * np.linspace(-1, 1, 64)) * (frame - CAMERA.black))
        for frame, tilt in zip(frames, tilts, strict=True)
    ]


def leaning(frames: Frames, peak_dn: float) -> Frames:
    """Darks whose level leans across the columns, ever more from the first to the last."""
    slope = np.linspace(-peak_dn, peak_dn, 64)
    shares = np.linspace(0, 1, len(frames))
    return [np.rint(frame + share * slope) for frame, share in zip(frames, shares, strict=True)]


def rests_on_darks(found: NoiseAtIso) -> list[Figure]:
    """Figures of the stack of darks."""
    assert found.lines is not None
    assert found.law is not None
    law, lines = found.law, found.lines
    return [of_sites(found.dsnu), of_sites(found.prnu), lines.row, lines.column, law.shape]


def test_sound_stacks_have_no_fault() -> None:
    found = measure_noise(sound(), 100.0)

    assert found.faults == ()
    assert judge(sound(), 100.0).is_enough
    assert of_sites(found.prnu).reason == "" or "below 0" in of_sites(found.prnu).reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frames: [frames[0] + 1500, *frames[1:]], "1 of the 16 frames"),
        (lambda frames: [frame + np.rint(LEAK) for frame in frames], "above the pairs of darks"),
        (lambda frames: [frame - 20 for frame in frames], "below the pairs of darks"),
        (lambda frames: leaning(frames, 6.0), "leans across the columns"),
        (lambda frames: frames[:8] * 2, "frames 1 and 9 of the stack of darks"),
    ],
)
def test_a_spoilt_stack_of_darks_gives_reasons_for_numbers(change: Spoil, said: str) -> None:
    bad = spoilt("darks", change)

    found, verdict = measure_noise(bad, 100.0), judge(bad, 100.0)

    assert all(figure.value is None and said in figure.reason for figure in rests_on_darks(found))
    assert found.figures["system_gain_dn_per_e"].value is not None
    assert not verdict.is_enough
    (fault,) = verdict.faults
    assert fault.serious
    assert "again" in fault.remedy or "same settings" in fault.remedy


def test_a_stack_of_darks_with_black_subtracted_is_fatal() -> None:
    bad = spoilt("darks", lambda frames: [np.maximum(f - CAMERA.black, 0) for f in frames])

    assert not judge(bad, 100.0).is_enough
    with pytest.raises(CalibrationError, match=r"stack of darks .* are code 0"):
        measure_noise(bad, 100.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frames: [np.full_like(frame, 4095) for frame in frames], "are clipped"),
        (lambda frames: lit(frames, [2.0] * 16), "lies at 102% of saturation"),
        (lambda frames: lit(frames, [1.05, 0.95] * 8), "flickers by 10.0%"),
        (lambda frames: lit(frames, np.linspace(1, 1.03, 16)), "drifts by 2.9%"),
        (lambda frames: tilted(frames, 0.05), "the light tilts or changes its pattern"),
        (lambda frames: lit(frames, [0.0] + [1.0] * 15), "a dark or a frame of another"),
        (lambda frames: [*frames[:15], frames[3]], "frames 4 and 16 of the stack of flats"),
    ],
)
def test_a_spoilt_stack_of_flats_gives_the_reason_for_prnu(change: Spoil, said: str) -> None:
    bad = spoilt("flats", change)

    found, verdict = measure_noise(bad, 100.0), judge(bad, 100.0)

    prnu = of_sites(found.prnu)
    assert prnu.value is None
    assert said in prnu.reason
    assert of_sites(found.dsnu) == of_sites(measure_noise(sound(), 100.0).dsnu)
    assert not verdict.is_enough
    (fault,) = verdict.faults
    assert said in fault.what
    assert "again" in fault.remedy
