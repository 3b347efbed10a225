"""Times and photons in another unit are seen by what cannot be."""

import re
from dataclasses import replace

import pytest

from calibration.captures import CaptureSet
from calibration.photon_transfer import Level
from calibration.unit_faults import unit_faults
from tests.calibration.test_capture_faults import captures, levels


def longer(factor: float) -> list[Level]:
    """Levels of 10 ms whose times were multiplied."""
    return [
        replace(level, exposure_time_s=0.01 * factor, dark_time_s=0.01 * factor)
        for level in levels()
    ]


@pytest.mark.parametrize("factor", [1.0, 1e5])
def test_times_up_to_an_hour_and_photons_of_half_an_electron_are_sound(factor: float) -> None:
    assert unit_faults(captures(), 100, longer(factor)) == []


def test_a_time_above_an_hour_names_the_descriptors_unit() -> None:
    (fault,) = unit_faults(captures(), 100, longer(1e9))

    assert "1e+07 s" in fault.what
    assert "nanoseconds (ns)" in fault.remedy
    assert fault.serious
    assert not fault.fatal


def test_a_long_time_of_a_stack_beside_the_levels_counts_in_its_own_iso_only() -> None:
    from calibration.captures import Stack

    stack = Stack(
        name="dark", dark=True, exposure_time_s=3601.0, iso=100.0, photons=None, count=16,
        frames=list,
    )  # fmt: skip
    found: CaptureSet = replace(captures(), stacks=(stack,))

    assert len(unit_faults(found, 100, levels())) == 1
    assert unit_faults(found, 200, levels()) == []


def test_photons_that_give_more_than_an_electron_each_are_too_few() -> None:
    few = [replace(level, photons=(level.photons or 0.0) / 3) for level in levels()]

    (fault,) = unit_faults(captures(), 100, few)

    said = re.fullmatch(r"ISO 100: the photons .* too few for (.*) electrons each", fault.what)
    assert float(said[1]) == pytest.approx(1.5, rel=0.05)
    assert fault.serious
    assert not fault.fatal


def test_photons_of_a_camera_without_an_efficiency_may_lie_above_1_by_chance() -> None:
    """A simulated one counts an electron a photon, and its gain is known within some percent."""
    as_electrons = [replace(level, photons=0.5 * (level.photons or 0.0)) for level in levels()]

    assert unit_faults(captures(), 100, as_electrons) == []


def test_light_that_nobody_counted_is_no_fault() -> None:
    unknown = [
        replace(level, photons=None, exposure_time_s=(level.photons or 0.0) * 1e-6)
        for level in levels()
    ]

    assert unit_faults(captures(), 100, unknown) == []
