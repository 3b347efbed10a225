"""What is missing is named with what to shoot, and only what is needed fails."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from calibration.capture_verdict import Verdict, judge
from calibration.captures import CaptureSet, Stack
from isp.core.cfa import Cfa
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera(size=(32, 32), well_e=12_000.0)
TIMES = [0.001 * (i + 1) for i in range(15)]
HALF = 0.006


def stack(time: float, count: int, *, dark: bool, camera: FlatCamera = CAMERA) -> Stack:
    """Flats of 2 photons a microsecond, or darks."""
    photons = 0.0 if dark else 2e6 * time
    return Stack(
        name=f"{dark} {time} {count}", dark=dark, exposure_time_s=time, iso=100.0, photons=None,
        count=count, frames=lambda: camera.frames(photons, time, count),
    )  # fmt: skip


def stacks(camera: FlatCamera = CAMERA) -> list[Stack]:
    """All that a profile needs."""
    pairs = [stack(t, 2, dark=dark, camera=camera) for t in TIMES for dark in (False, True)]
    return [*pairs, *(stack(HALF, 16, dark=dark, camera=camera) for dark in (False, True))]


def verdict(kept: list[Stack]) -> Verdict:
    """Judge them."""
    captures = CaptureSet(
        camera="C", cfa=Cfa.MONO, bit_depth=12, white_level_dn=4095.0, black_level_dn=(60.0,),
        stacks=tuple(kept),
    )  # fmt: skip
    return judge(captures, 100.0)


def test_enough_is_enough() -> None:
    found = verdict(stacks())

    assert found.is_enough
    assert [m.what for m in found.missing] == [
        "darks of 0 named temperatures, for the doubling temperature"
    ]
    assert any("stack of flats: at 5" in said for said in found.there)


Keep = Callable[[Stack], bool]


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (lambda s: not s.dark, "no darks of two frames"),
        (lambda s: s.dark, "no flats of two frames"),
        (lambda s: s.dark or s.count == 2, "flats has 16 frames, for PRNU"),
        (lambda s: not s.dark or s.count == 2, "darks has 16 frames, for DSNU"),
        (lambda s: s.dark or s.exposure_time_s < 0.0095, "brightest flat is not saturated"),
        (lambda s: s.dark or s.count == 16 or s.exposure_time_s > 0.0045, "too few levels"),
    ],
)
def test_what_is_needed_and_not_there_fails_by_name(keep: Keep, said: str) -> None:
    if "too few" in said:
        found = verdict([s for s in stacks() if keep(s) and s.exposure_time_s not in TIMES[5:9]])
    else:
        found = verdict([s for s in stacks() if keep(s)])

    assert not found.is_enough
    assert any(said in str(m) and m.needed for m in found.missing)


def test_what_only_improves_does_not_fail() -> None:
    darks = [s for s in stacks() if not s.dark or s.exposure_time_s in (TIMES[0], HALF)]
    found = verdict(darks)

    assert found.is_enough
    wanted = [str(m) for m in found.missing]
    assert any("fewer than 6 exposure times" in text for text in wanted)
    (fault,) = found.faults
    assert "have no dark of their exposure time" in fault.what
    assert not fault.spoils


def test_a_stack_of_flats_far_from_half_is_named() -> None:
    kept = [s for s in stacks() if s.dark or s.count == 2] + [
        stack(0.001, 16, dark=False)
    ]  # of 11 ms

    assert any("lies at 9% of saturation" in m.what for m in verdict(kept).missing)


def test_a_fatal_fault_fails() -> None:
    found = verdict(stacks(replace(CAMERA, black=1.0)))

    assert not found.is_enough
    assert any(fault.fatal for fault in found.faults)
    assert found.record()["is_enough"] is False


def test_copies_are_called_copies_and_not_too_few_levels() -> None:
    def twice(stack: Stack) -> Stack:
        if stack.dark or stack.count != 2:
            return stack
        return replace(stack, frames=lambda: [next(iter(stack.frames()))] * 2)

    found = verdict([twice(stack) for stack in stacks()])

    (fault,) = found.faults
    assert "of the 15 exposures of flats are copies" in fault.what
    assert not any("too few levels" in missing.what for missing in found.missing)
