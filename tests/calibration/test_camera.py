"""A profile takes what was measured, and says of every number where it came from."""

from dataclasses import replace

import pytest

from calibration.camera import camera_profile
from calibration.captures import Stack
from calibration.noise import NoiseAtIso, measure_noise
from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError
from tests.calibration.written_captures import CAMERA, HOT, WEAK, captures


@pytest.fixture(scope="module")
def found() -> NoiseAtIso:
    return measure_noise(captures(), 100.0)


def test_defects_are_listed_only_when_asked_for(found: NoiseAtIso) -> None:
    assert camera_profile(captures(), [found]).defects == ()

    listed = camera_profile(captures(), [found], with_defects=True).defects
    assert [(d.row, d.column) for d in listed] == [HOT, WEAK]


def test_the_temperature_of_the_flats_is_that_of_the_dark_current(found: NoiseAtIso) -> None:
    every = captures()
    warm = replace(
        every,
        stacks=tuple(s if s.dark else replace(s, temperature_c=31.0) for s in every.stacks),
    )

    profile = camera_profile(warm, [found])

    assert (profile.temperature_c, profile.dark_current_temperature_c) == (31.0, 31.0)
    assert "95 %" in profile.sources["doubling_temperature_k"]


def test_what_was_not_measured_is_assumed_with_its_reason(found: NoiseAtIso) -> None:
    profile = camera_profile(captures(), [found])

    assert profile.quantum_efficiency is None
    assert "quantum_efficiency" in profile.assumed
    assert "light" in profile.sources["quantum_efficiency"]


def test_a_colour_of_another_gain_is_kept_apart() -> None:
    def blue_is_stronger(stack: Stack, other: Stack) -> Stack:
        """The photosites at odd rows and columns come from another camera."""
        frames = [frame.copy() for frame in stack.frames()]
        for frame, strong in zip(frames, other.frames(), strict=True):
            frame[1::2, 1::2] = strong[1::2, 1::2]
        return replace(stack, frames=lambda: frames)

    every = captures()
    strong = captures(replace(CAMERA, gain=0.3))
    stacks = [blue_is_stronger(*pair) for pair in zip(every.stacks, strong.stacks, strict=True)]
    coloured = replace(every, cfa=Cfa.RGGB, black_level_dn=(60.0,) * 4, stacks=tuple(stacks))

    (reading,) = camera_profile(coloured, [measure_noise(coloured, 100.0)]).readings

    gains = {name: gain for name, gain, _ in reading.channel_noise}
    # One pair of 48 x 48 photosites knows a variance within sqrt(2 / 2304); nine pairs are fitted.
    error = 5 * (2 / 2304 / 9) ** 0.5
    assert gains == pytest.approx({"R": 0.25, "G": 0.25, "B": 0.3}, rel=error)


def test_a_profile_of_no_iso_is_refused() -> None:
    with pytest.raises(CalibrationError, match="one ISO or more"):
        camera_profile(captures(), [])
