"""What a tuning cannot hold is refused by name, and what it can is written where it is read."""

from dataclasses import replace
from typing import Any

import pytest

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile
from isp.files.libcamera_limits import black_parameters
from isp.files.libcamera_profile import changed_parameters, profile_from_tuning
from isp.files.libcamera_tuning import tuning_of
from isp.files.libcamera_writing import tuning_text
from tests.isp.files.tuning_text import text

OWN_KEYS = {"black_level": 4096, "black_level_r": 4160, "black_level_b": 4032}


def a_profile(**algorithms: Any) -> SensorProfile:
    return profile_from_tuning(tuning_of(text(**algorithms), "mine"), bit_depth=10, name="mine")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("white_level_dn", 1000.0), ("full_well_e", 9000.0), ("quantum_efficiency", 0.5),
        ("prnu_percent", 1.0), ("defects", (Defect(row=1, column=2),)), ("pixel_pitch_um", 1.4),
        ("shading", {"G": (-0.3,)}), ("linearization_table_dn", (0, 2, 5)),
    ],
)  # fmt: skip
def test_a_changed_field_that_a_tuning_has_no_place_for_is_refused_by_name(
    field: str, value: Any
) -> None:
    changed = a_profile().with_fields(**{field: value})

    with pytest.raises(ProfileError, match=f"mine: a libcamera tuning cannot hold {field}"):
        tuning_text(changed)


def test_a_key_of_the_users_own_is_refused_and_words_about_sources_are_not() -> None:
    profile = a_profile()

    with pytest.raises(ProfileError, match=r"cannot hold extra\.mine"):
        tuning_text(replace(profile, extra=profile.extra | {"mine": 1}))
    assert tuning_text(replace(profile, sources={"cfa": "a look at it"}, assumed=())) == text()


def test_levels_go_into_the_keys_of_their_colours_where_a_tuning_has_them() -> None:
    """10 bits: 64 DN are 4096. Had only black_level been written, R and B would have stayed."""
    tuning = tuning_of(text(**{"rpi.black_level": OWN_KEYS}), "mine")
    profile = a_profile(**{"rpi.black_level": OWN_KEYS})
    assert profile.black_level_dn == (65.0, 64.0, 64.0, 63.0)

    changes = changed_parameters(replace(profile, black_level_dn=(60.0,) * 4), tuning)

    assert changes["rpi.black_level"] == dict.fromkeys(
        ("black_level", "black_level_r", "black_level_g", "black_level_b"), 3840
    )
    again = a_profile(**{"rpi.black_level": OWN_KEYS | changes["rpi.black_level"]})
    assert again.black_level_dn == (60.0,) * 4


def test_one_level_stays_one_where_a_tuning_has_one() -> None:
    assert black_parameters(
        replace(a_profile(), black_level_dn=(60.0,) * 4), {"black_level": 4096}, 16
    ) == {"black_level": 3840}


def test_two_levels_of_one_colour_are_refused() -> None:
    tuning = tuning_of(text(), "mine")

    with pytest.raises(ProfileError, match=r"black_level_dn of G has \[64\.0, 66\.0\]"):
        changed_parameters(replace(a_profile(), black_level_dn=(64, 64.0, 66.0, 64)), tuning)


def test_a_colour_without_a_key_of_its_own_takes_the_common_level() -> None:
    white = a_profile().with_fields(cfa=Cfa.RGBW, black_level_dn=(60.0, 64.0, 60.0, 60.0))

    assert black_parameters(white, {"black_level": 4096}, 16) == {
        "black_level": 4096, "black_level_r": 3840, "black_level_g": 3840, "black_level_b": 3840,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (Reading(iso=400, system_gain_dn_per_e=1.9, read_noise_e=1.0), "system_gain_dn_per_e"),
        (Reading(iso=400, system_gain_dn_per_e=2.0, read_noise_e=1.5), "read_noise_e"),
        (Reading(iso=400, system_gain_dn_per_e=2.0, read_noise_e=1.0, row_noise_e=0.1),
         "row_noise_e"),
    ],
)  # fmt: skip
def test_readings_that_two_numbers_cannot_give_back_are_refused(
    second: Reading, named: str
) -> None:
    first = Reading(iso=100, system_gain_dn_per_e=0.5, read_noise_e=2.0)
    tuning, profile = tuning_of(text(), "mine"), a_profile()
    by_law = Reading(iso=400, system_gain_dn_per_e=2.0, read_noise_e=1.0)

    with pytest.raises(ProfileError, match=f"{named} at ISO 400 is"):
        changed_parameters(replace(profile, readings=(first, second)), tuning)
    assert "rpi.noise" in changed_parameters(replace(profile, readings=(first, by_law)), tuning)
