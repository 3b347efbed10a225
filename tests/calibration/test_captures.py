"""A capture set gives the stacks of one ISO, and the dark of a flat."""

import pytest

from calibration.captures import CaptureSet, Stack, dark_for, levels_of
from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError


def stack(
    name: str, *, dark: bool, time: float = 0.01, iso: float = 100.0, count: int = 2
) -> Stack:
    """A stack that opens no frame."""
    return Stack(
        name=name, dark=dark, exposure_time_s=time, iso=iso, photons=None, count=count,
        frames=lambda: (),
    )  # fmt: skip


def captures(*stacks: Stack) -> CaptureSet:
    """A set of a plain camera."""
    return CaptureSet(
        camera="C", cfa=Cfa.RGGB, bit_depth=12, white_level_dn=4095, black_level_dn=None,
        stacks=stacks,
    )  # fmt: skip


def test_an_iso_has_its_flats_and_darks() -> None:
    found = captures(
        stack("f", dark=False), stack("d", dark=True), stack("other", dark=True, iso=200)
    )

    assert found.isos == (100, 200)
    flats, darks = found.at(100)
    assert [each.name for each in flats + darks] == ["f", "d"]


def test_missing_darks_are_named_with_what_to_do() -> None:
    with pytest.raises(CalibrationError, match="no darks at ISO 100; put them into a folder"):
        captures(stack("f", dark=False)).at(100)


def test_the_dark_of_the_same_time_is_taken_and_a_pair_before_a_stack() -> None:
    darks = [
        stack("long", dark=True, time=0.02),
        stack("stack", dark=True, count=16),
        stack("pair", dark=True),
    ]

    assert dark_for(stack("f", dark=False), darks).name == "pair"
    assert dark_for(stack("f", dark=False, time=0.025), darks).name == "long"


def test_five_pairs_are_the_temporal_data_and_the_stack_is_not() -> None:
    flats = [stack(str(index), dark=False) for index in range(5)]
    spatial = stack("spatial", dark=False, count=20)

    assert levels_of([*flats, spatial]) == tuple(flats)
    assert levels_of([*flats[:4], spatial]) == (*flats[:4], spatial)


def test_single_frames_are_no_levels() -> None:
    assert levels_of([stack("one", dark=False, count=1)]) == ()
