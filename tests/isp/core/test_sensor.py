"""A sensor profile: what it refuses, and its gain and noise between readings."""

from dataclasses import FrozenInstanceError

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile


def profile(**changes: object) -> SensorProfile:
    values = {
        "name": "test",
        "cfa": Cfa.RGGB,
        "bit_depth": 12,
        "black_level_dn": (64.0, 65.0, 66.0, 67.0),
        "white_level_dn": 4095.0,
        "readings": (
            Reading(iso=100.0, system_gain_dn_per_e=0.25, read_noise_e=4.0, row_noise_e=0.0),
            Reading(iso=400.0, system_gain_dn_per_e=1.0, read_noise_e=2.0, row_noise_e=0.5),
        ),
    }
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


DUAL_GAIN = (
    Reading(iso=100.0, system_gain_dn_per_e=0.1, read_noise_e=5.0),
    Reading(iso=400.0, system_gain_dn_per_e=0.4, read_noise_e=4.0),
    Reading(iso=640.0, system_gain_dn_per_e=0.64, read_noise_e=1.5, branch=1),
    Reading(iso=6400.0, system_gain_dn_per_e=6.4, read_noise_e=1.2, branch=1),
)


def test_a_reading_is_given_back_exactly() -> None:
    noise = profile().at_iso(torch.tensor([100.0, 400.0]))

    assert noise.system_gain_dn_per_e.tolist() == [0.25, 1.0]
    assert noise.read_noise_e.tolist() == [4.0, 2.0]
    assert noise.row_noise_e.tolist() == [0.0, 0.5]


def test_halfway_in_stops_is_the_geometric_mean() -> None:
    """ISO 200 is one stop of two: gain 0.5, read noise sqrt(4 * 2)."""
    noise = profile().at_iso(torch.tensor([200.0]))

    assert float(noise.system_gain_dn_per_e) == pytest.approx(0.5, rel=1e-6)
    assert float(noise.read_noise_e) == pytest.approx(8**0.5, rel=1e-6)


def test_a_noise_that_starts_at_zero_is_interpolated_linearly() -> None:
    """Zero has no logarithm: halfway in log ISO is half of 0.5."""
    assert float(profile().at_iso(torch.tensor([200.0])).row_noise_e) == pytest.approx(0.25)


@given(iso=st.floats(100, 400))
def test_gain_is_proportional_to_iso_where_the_readings_are(iso: float) -> None:
    """K(S) = K_base S / S_base (CONVENTIONS section 5.1)."""
    gain = float(profile().at_iso(torch.tensor([iso])).system_gain_dn_per_e)

    assert gain == pytest.approx(0.25 * iso / 100, rel=1e-6)


def test_each_image_of_a_batch_has_its_own_noise() -> None:
    isos = torch.tensor([400.0, 100.0, 200.0])

    noise = profile().at_iso(isos)

    for b, iso in enumerate(isos):
        alone = profile().at_iso(iso.reshape(1))
        assert float(noise.read_noise_e[b]) == float(alone.read_noise_e)


def test_a_dual_gain_sensor_changes_branch_at_the_first_reading_of_the_higher_one() -> None:
    dual = profile(readings=DUAL_GAIN)

    noise = dual.at_iso(torch.tensor([400.0, 639.0, 640.0]))

    assert noise.read_noise_e.tolist() == pytest.approx([4.0, 4.0, 1.5])


def test_gain_goes_on_rising_between_two_branches() -> None:
    """ISO 500 lies above the last reading of the lower branch: its gain is still 0.1 * 5."""
    noise = profile(readings=DUAL_GAIN).at_iso(torch.tensor([500.0]))

    assert float(noise.system_gain_dn_per_e) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("iso", [50.0, 401.0])
def test_an_iso_outside_the_readings_is_refused_with_the_range(iso: float) -> None:
    with pytest.raises(ProfileError, match=rf'ISO {iso:g} is outside 100..400 of sensor "test"'):
        profile().at_iso(torch.tensor([iso]))


def test_an_iso_that_float32_rounded_is_still_inside() -> None:
    third = profile(readings=(Reading(iso=320 / 3, system_gain_dn_per_e=1.0),))

    assert float(third.at_iso(torch.tensor([320 / 3])).system_gain_dn_per_e) == 1.0


def test_a_profile_without_readings_says_so() -> None:
    with pytest.raises(ProfileError, match="no readings"):
        profile(readings=()).at_iso(torch.tensor([100.0]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"black_level_dn": (64.0,)}, "4 black levels are needed for RGGB"),
        ({"bit_depth": 0}, "bit_depth 0"),
        ({"bit_depth": 33}, "bit_depth 33"),
        ({"bit_depth": 8, "white_level_dn": 255.0, "black_level_dn": (512.0,) * 4},
         "black_level_dn 512 is not below white_level_dn 255"),
        ({"black_level_dn": (0.0, 0.0, 0.0, 4095.0)}, "black_level_dn 4095 is not below"),
        ({"white_level_dn": 4096.0}, "white_level_dn 4096 does not fit 12 bits"),
        ({"readings": (Reading(iso=100.0, system_gain_dn_per_e=0.0),)}, "gain and ISO"),
        ({"readings": (Reading(iso=-1.0, system_gain_dn_per_e=1.0),)}, "gain and ISO"),
        ({"readings": (Reading(iso=1.0, system_gain_dn_per_e=float("nan")),)}, "gain and ISO"),
        ({"full_well_e": 0.0}, "full_well_e must be positive"),
        ({"full_well_e": float("inf")}, "full_well_e must be positive"),
        ({"quantum_efficiency": -0.5}, "quantum_efficiency must be positive"),
        ({"pixel_pitch_um": float("nan")}, "pixel_pitch_um must be positive"),
        ({"prnu_percent": -1.0}, "prnu_percent must be >= 0"),
        ({"dsnu_e": float("nan")}, "dsnu_e must be >= 0"),
        ({"dark_current_e_per_s": -0.1}, "dark_current_e_per_s must be >= 0"),
    ],
)  # fmt: skip
def test_a_broken_profile_is_refused_by_field_and_sensor(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ProfileError, match=message) as caught:
        profile(**changes)
    assert '"test"' in str(caught.value)


def test_black_sites_are_row_major() -> None:
    assert profile().black_sites.tolist() == [[64.0, 65.0, 66.0, 67.0]]


def test_fields_are_replaced_in_a_copy() -> None:
    first = profile()

    second = first.with_fields(full_well_e=1000.0)

    assert (first.full_well_e, second.full_well_e) == (None, 1000.0)


def test_an_unknown_field_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match=r"no field fullwell; fields: .*full_well_e"):
        profile().with_fields(fullwell=1.0)


def test_a_profile_cannot_be_written_to() -> None:
    with pytest.raises(FrozenInstanceError):
        profile().bit_depth = 14  # type: ignore[misc]
