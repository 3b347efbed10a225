"""EMVA 1288 numbers make a sensor, and each missing one follows from the others."""

import math

import pytest

from isp.core.cfa import Cfa
from isp.core.emva import EmvaNumbers, profile_from_emva, sensitivity, sigma_from_sensitivity
from isp.core.errors import ProfileError


def test_the_worked_example_of_the_conventions() -> None:
    # CONVENTIONS 5.2: K = 0.25, sigma_d = 3: 3.753 exact; approximately sigma_y.dark / K + 1/2.
    assert sensitivity(3.0, 0.25) == pytest.approx(3.753, abs=5e-4)
    approximate = math.sqrt((0.25 * 3) ** 2 + 1 / 12) / 0.25 + 0.5
    assert approximate == pytest.approx(3.715, abs=5e-4)
    assert sigma_from_sensitivity(sensitivity(3.0, 0.25), 0.25) == pytest.approx(3.0)
    assert sigma_from_sensitivity(1.0, 0.25) == 0


def test_a_full_report_is_taken_as_it_is() -> None:
    numbers = EmvaNumbers(
        bit_depth=12, quantum_efficiency=0.4525, system_gain_dn_per_e=0.280063,
        saturation_capacity_e=14008.0, temporal_dark_noise_e=10.9244, dsnu_e=0.55319,
        prnu_percent=0.43271, dark_current_e_per_s=28.479, dark_current_temperature_c=25.0,
        doubling_temperature_k=8.0, pixel_pitch_um=7.4, black_level_dn=14.76, white_level_dn=4000.0,
    )  # fmt: skip

    profile = profile_from_emva(numbers, name="ccd", isos=[100])

    assert profile.assumed == ()
    assert dict(profile.sources) == {}
    (reading,) = profile.readings
    assert (reading.system_gain_dn_per_e, reading.read_noise_e) == (0.280063, 10.9244)
    assert (profile.full_well_e, profile.black_level_dn) == (14008, (14.76,))
    assert (profile.prnu_percent, profile.dsnu_e) == (0.43271, 0.55319)
    assert (profile.temperature_c, profile.doubling_temperature_k) == (25, 8)
    assert profile.quantum_efficiency == 0.4525


def test_the_gain_is_what_brings_the_full_well_to_white() -> None:
    numbers = EmvaNumbers(
        bit_depth=10, saturation_capacity_e=6000.0, temporal_dark_noise_e=2.0, black_level_dn=64.0
    )

    profile = profile_from_emva(numbers, name="x", cfa=Cfa.RGGB)

    assert profile.readings[0].system_gain_dn_per_e == pytest.approx((1023 - 64) / 6000)
    assert profile.sources["readings.system_gain_dn_per_e"].startswith("derived")
    assert profile.black_level_dn == (64,) * 4
    assert "readings.iso" in profile.assumed
    assert profile.quantum_efficiency == 0.2
    assert "quantum_efficiency" in profile.assumed


def test_the_well_is_what_the_converter_holds_where_only_the_gain_is_known() -> None:
    numbers = EmvaNumbers(
        bit_depth=12, system_gain_dn_per_e=0.25, temporal_dark_noise_e=3.0, black_level_dn=95.0
    )

    profile = profile_from_emva(numbers, name="x")

    assert profile.full_well_e == pytest.approx((4095 - 95) / 0.25)
    assert profile.sources["full_well_e"].startswith("derived: (white - black) / K")
    assert "full_well_e" not in profile.assumed


def test_snr_max_is_the_root_of_the_well() -> None:
    numbers = EmvaNumbers(bit_depth=12, snr_max_db=40.0, temporal_dark_noise_e=3.0)

    assert profile_from_emva(numbers, name="x").full_well_e == pytest.approx(10_000)


@pytest.mark.parametrize(
    "numbers",
    [
        EmvaNumbers(bit_depth=12, dynamic_range_db=70.0, temporal_dark_noise_e=2.0),
        EmvaNumbers(bit_depth=12, dynamic_range_db=70.0, absolute_sensitivity_e=3.0),
        EmvaNumbers(bit_depth=12, dynamic_range_db=70.0, saturation_capacity_e=9000.0),
        EmvaNumbers(bit_depth=12, dynamic_range_db=70.0, snr_max_db=40.0),
    ],
    ids=["and read noise", "and sensitivity", "and well", "and SNR max"],
)
def test_the_dynamic_range_gives_what_is_missing_beside_it(numbers: EmvaNumbers) -> None:
    profile = profile_from_emva(numbers, name="x")

    (reading,) = profile.readings
    least = sensitivity(reading.read_noise_e, reading.system_gain_dn_per_e)
    assert profile.full_well_e is not None
    assert 20 * math.log10(profile.full_well_e / least) == pytest.approx(70, abs=1e-6)
    span = 4095 - profile.black_level_dn[0]
    assert reading.system_gain_dn_per_e * profile.full_well_e == pytest.approx(span)
    if numbers.absolute_sensitivity_e:
        assert least == pytest.approx(3.0)


def test_the_black_level_leaves_room_for_dark_noise() -> None:
    quiet = EmvaNumbers(bit_depth=12, system_gain_dn_per_e=0.25, temporal_dark_noise_e=3.0)
    loud = EmvaNumbers(bit_depth=12, system_gain_dn_per_e=4.0, temporal_dark_noise_e=5.0)

    assert profile_from_emva(quiet, name="x").black_level_dn == (64,)  # 4096 / 64
    # Five deviations of sqrt((4 x 5)^2 + 1/12) = 20.002 DN.
    assert profile_from_emva(loud, name="x").black_level_dn == (101,)


def test_unknown_read_noise_is_one_code_and_said() -> None:
    profile = profile_from_emva(
        EmvaNumbers(bit_depth=12, system_gain_dn_per_e=0.5, black_level_dn=64.0), name="x"
    )

    assert profile.readings[0].read_noise_e == 2
    assert "readings.read_noise_e" in profile.assumed


def test_the_gain_rises_with_iso_and_read_noise_may_come_per_iso() -> None:
    numbers = EmvaNumbers(bit_depth=12, system_gain_dn_per_e=0.25, temporal_dark_noise_e=3.0)

    same = profile_from_emva(numbers, name="x", isos=[100, 400])
    given = profile_from_emva(numbers, name="x", isos=[100, 400], read_noises_e=[4.0, 2.0])

    assert [r.system_gain_dn_per_e for r in given.readings] == [0.25, 1.0]
    assert [r.read_noise_e for r in given.readings] == [4, 2]
    assert [r.read_noise_e for r in same.readings] == [3, 3]
    assert "readings.read_noise_e" in same.assumed
    assert "readings.read_noise_e" not in given.assumed
    assert "ISO 100" in same.sources["readings.system_gain_dn_per_e"]


def test_a_dark_current_without_its_temperature_is_taken_at_20_degrees() -> None:
    numbers = EmvaNumbers(bit_depth=12, system_gain_dn_per_e=0.25, dark_current_e_per_s=5.0)

    profile = profile_from_emva(numbers, name="x", temperature_c=40.0)

    assert (profile.dark_current_temperature_c, profile.temperature_c) == (20, 40)
    assert {"dark_current_temperature_c", "doubling_temperature_k"} <= set(profile.assumed)


def test_too_little_or_impossible_numbers_are_refused() -> None:
    with pytest.raises(ProfileError, match="needs its full well, or its gain"):
        profile_from_emva(EmvaNumbers(bit_depth=12, temporal_dark_noise_e=3.0), name="x")
    with pytest.raises(ProfileError, match="needs its full well, or its gain"):
        profile_from_emva(EmvaNumbers(bit_depth=12, dynamic_range_db=70.0), name="x")
    with pytest.raises(ProfileError, match="dsnu_e must be a number >= 0, got -1"):
        EmvaNumbers(bit_depth=12, dsnu_e=-1.0)
    with pytest.raises(ProfileError, match="black level 4095 is not below white 4095"):
        profile_from_emva(
            EmvaNumbers(bit_depth=12, system_gain_dn_per_e=1.0, black_level_dn=4095.0), name="x"
        )
    with pytest.raises(ProfileError, match="got 2 for 1 ISO"):
        profile_from_emva(
            EmvaNumbers(bit_depth=12, system_gain_dn_per_e=1.0), name="x", read_noises_e=[1.0, 2.0]
        )
