"""A measured profile takes what its captures cannot tell, and says of each where it is from."""

import pytest

from apps.completed_profile import Stated, missing_for_scenes, taken_fields
from calibration.captures import CaptureSet, Stack
from isp.core.cfa import Cfa
from isp.core.errors import ProfileError, UsageError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.files.profile import load_profile

SIMILAR = load_profile("SonyA7S2")


def measured(cfa: Cfa = Cfa.RGGB, **changes: object) -> SensorProfile:
    """A profile as calibrate noise leaves it: no light was measured, nor DSNU seen."""
    profile = SensorProfile(
        name="mine", cfa=cfa, bit_depth=14, white_level_dn=16383.0,
        black_level_dn=(500.0,) * (cfa.period[0] * cfa.period[1]),
        readings=(Reading(iso=100, system_gain_dn_per_e=0.1, read_noise_e=9.0),),
        prnu_percent=0.7, full_well_e=100_000.0,
        sources={"prnu_percent": "measured", "dsnu_e": "not measured: not seen"},
        assumed=("dsnu_e", "quantum_efficiency"),
    )  # fmt: skip
    return profile.with_fields(**changes)


def captures(cfa: Cfa = Cfa.RGGB, photons: float | None = None) -> CaptureSet:
    flat = Stack(name="flat", dark=False, exposure_time_s=1.0, iso=100.0, photons=photons,
                 count=2, frames=list)  # fmt: skip
    return CaptureSet(camera="mine", cfa=cfa, bit_depth=14, white_level_dn=16383.0,
                      black_level_dn=None, stacks=(flat,))  # fmt: skip


def test_what_nobody_measured_is_taken_and_said() -> None:
    similar = SIMILAR.with_fields(dsnu_e=2.5, fill_factor=0.8, full_well_e=1e6, prnu_percent=9.0)

    full = Stated(camera=similar).complete(measured())

    assert full.pixel_pitch_um == SIMILAR.pixel_pitch_um
    assert full.quantum_efficiency == SIMILAR.quantum_efficiency
    assert full.colour_matrices == SIMILAR.colour_matrices
    assert (full.dsnu_e, full.fill_factor) == (2.5, 0.8)
    assert missing_for_scenes(full) == {}
    taken = taken_fields(measured(), full)
    assert set(taken) == {"pixel_pitch_um", "quantum_efficiency", "colour_matrices", "dsnu_e",
                          "fill_factor"}  # fmt: skip
    assert set(taken) <= set(full.assumed)
    assert all(text.startswith(f"taken from {SIMILAR.name}") for text in taken.values())
    assert SIMILAR.sources["pixel_pitch_um"] in taken["pixel_pitch_um"]


def test_what_was_measured_stays() -> None:
    full = Stated(camera=SIMILAR.with_fields(prnu_percent=9.0)).complete(
        measured(quantum_efficiency=0.4)
    )

    assert (full.prnu_percent, full.full_well_e, full.quantum_efficiency) == (0.7, 100_000.0, 0.4)
    assert full.readings == measured().readings
    assert full.sources["prnu_percent"] == "measured"


def test_a_users_numbers_stand_before_the_other_cameras() -> None:
    full = Stated(pixel_pitch_um=5.0, quantum_efficiency=0.3, camera=SIMILAR).complete(measured())

    assert (full.pixel_pitch_um, full.quantum_efficiency) == (5.0, 0.3)
    assert full.sources["pixel_pitch_um"] == "told by the user, not measured"
    assert {"pixel_pitch_um", "quantum_efficiency"} <= set(full.assumed)


def test_nothing_stated_changes_nothing() -> None:
    profile = measured()

    assert Stated().complete(profile) is profile
    assert list(missing_for_scenes(profile)) == [
        "pixel_pitch_um", "quantum_efficiency", "colour_matrices",
    ]  # fmt: skip


def test_a_grey_camera_needs_no_colours_for_a_scene() -> None:
    assert list(missing_for_scenes(measured(Cfa.MONO, pixel_pitch_um=3.0))) == [
        "quantum_efficiency"
    ]


def test_a_camera_of_other_colours_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"captures Y; .*--cfa"):
        Stated(camera=SIMILAR).check(captures(Cfa.MONO))
    Stated(camera=SIMILAR).check(captures(Cfa.BGGR))


def test_an_efficiency_beside_measured_light_is_refused() -> None:
    with pytest.raises(UsageError, match="says the photons"):
        Stated(quantum_efficiency=0.3).check(captures(photons=10.0))
    Stated(quantum_efficiency=0.3).check(captures())


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"pixel_pitch_um": 0.0}, "--pixel-pitch"),
        ({"pixel_pitch_um": float("nan")}, "--pixel-pitch"),
        ({"quantum_efficiency": 1.5}, "--quantum-efficiency"),
        ({"quantum_efficiency": -0.1}, "--quantum-efficiency"),
    ],
)
def test_numbers_of_no_sensor_are_refused(numbers: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Stated(**numbers)
