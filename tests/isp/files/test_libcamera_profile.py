"""Units of a tuning become units of a profile, and back."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isp.core.colour import xy_to_xyz
from isp.core.errors import ProfileError
from isp.core.illuminants import illuminant_xy
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.temperature import xy_to_cct
from isp.files.libcamera_profile import (
    CURVE,
    SHADING,
    changed_parameters,
    profile_from_tuning,
    shading_tables,
)
from isp.files.libcamera_tuning import read_tuning, tuning_of
from isp.files.profile import load_profile
from tests.isp.files.tuning_text import CR, LUMINANCE, text


def a_profile(bits: int = 10, cfa: str = "RGGB", **algorithms: object) -> SensorProfile:
    return profile_from_tuning(tuning_of(text(**algorithms), "mine"), bit_depth=bits, cfa=cfa)


@pytest.mark.parametrize(("bits", "black"), [(8, 16.0), (10, 64.0), (12, 256.0), (16, 4096.0)])
def test_black_is_scaled_from_16_bits(bits: int, black: float) -> None:
    profile = a_profile(bits)

    assert profile.black_level_dn == (black,) * 4
    assert profile.white_level_dn == 2**bits - 1


def test_black_levels_by_colour_go_to_their_sites() -> None:
    levels = {"black_level": 4096, "black_level_r": 4160, "black_level_b": 4032}

    profile = a_profile(10, "GBRG", **{"rpi.black_level": levels})

    assert profile.black_level_dn == (64.0, 63.0, 65.0, 64.0)


def test_noise_becomes_gain_in_proportion_to_iso_and_read_noise() -> None:
    # var16 = (8 + 4 sqrt(s))^2: K16 = 16 DN/e-, in 10 bits 0.25; the floor of 8 is 0.5 e-.
    noise = {"reference_constant": 8, "reference_slope": 4}

    first, last = a_profile(10, **{"rpi.noise": noise}).readings

    assert first == Reading(iso=100, system_gain_dn_per_e=0.25, read_noise_e=0.5)
    assert (last.iso, last.system_gain_dn_per_e) == (800, 2.0)
    # At gain 8 the deviation is sqrt(8) times as large, and an electron 8 times as many DN.
    assert last.read_noise_e == pytest.approx(0.5 / np.sqrt(8))


def test_full_well_is_what_the_converter_holds_and_is_said_to_be_assumed() -> None:
    profile = a_profile(10)

    assert profile.full_well_e == pytest.approx((1023 - 64) / 0.25)
    assert {"full_well_e", "readings.iso", "readings.read_noise_e", "cfa"} <= set(profile.assumed)


def test_a_real_tuning_gives_the_numbers_worked_out_by_hand_for_the_built_in_camera(
    shared_data: Path,
) -> None:
    tuning = read_tuning(shared_data / "libcamera_tuning" / "rpi_vc4_imx477.json")
    by_hand = load_profile("RaspberryPi-HQ-IMX477")

    profile = profile_from_tuning(tuning, bit_depth=12, name="imx477")

    gains = [p.readings[0].system_gain_dn_per_e for p in (profile, by_hand)]
    assert profile.black_level_dn == by_hand.black_level_dn
    assert gains[0] == pytest.approx(gains[1], rel=1e-7)
    assert profile.full_well_e == pytest.approx(by_hand.full_well_e, rel=1e-6)


def test_matrices_are_those_that_were_derived_for_the_generic_phone(shared_data: Path) -> None:
    """GenericPhone's were worked out from the same file before this reader was written."""
    tuning = read_tuning(shared_data / "libcamera_tuning" / "rpi_vc4_imx708.json")

    ours = {
        m.illuminant: np.array(m.xyz_to_camera)
        for m in profile_from_tuning(tuning, bit_depth=10).colour_matrices
    }

    for entry in load_profile("GenericPhone").colour_matrices:
        np.testing.assert_allclose(
            ours[entry.illuminant], entry.xyz_to_camera, rtol=5e-5
        )  # 5 digits there


def test_white_of_an_illuminant_gives_the_awb_curves_ratios_there() -> None:
    curve = np.array([[2500.0, 0.8, 0.4], [6500.0, 0.5, 0.7]])
    for entry in a_profile().colour_matrices:
        xy = illuminant_xy(entry.illuminant)
        camera = np.array(entry.xyz_to_camera) @ xy_to_xyz(xy)

        cct = xy_to_cct(xy)
        wanted = [np.interp(cct, curve[:, 0], curve[:, i]) for i in (1, 2)]
        np.testing.assert_allclose([camera[0], camera[2]], wanted, rtol=1e-12)


def test_shading_tables_are_gains_of_each_colour() -> None:
    (table,) = shading_tables(tuning_of(text(), "mine"))

    assert (table["ct"], table["rows"], table["columns"]) == (3000, 12, 16)
    assert table["gains"]["G"] == LUMINANCE
    assert table["gains"]["R"] == [c * g for c, g in zip(CR, LUMINANCE, strict=True)]
    assert a_profile().extra[SHADING] == [table]
    assert a_profile().extra[CURVE] == [[2500.0, 0.8, 0.4], [6500.0, 0.5, 0.7]]


def test_each_change_goes_into_its_own_algorithm() -> None:
    tuning = tuning_of(text(), "mine")
    profile = a_profile()

    assert changed_parameters(profile, tuning) == {}
    assert changed_parameters(replace(profile, black_level_dn=(64, 64, 64, 66.0)), tuning) == {
        "rpi.black_level": {"black_level_r": 4096, "black_level_g": 4096, "black_level_b": 4224}
    }
    louder = (Reading(iso=200, system_gain_dn_per_e=1.0, read_noise_e=2.0),)
    noise = changed_parameters(replace(profile, readings=louder), tuning)["rpi.noise"]
    # K at gain 1 is 0.5 DN/e- of 10 bits, 32 of 16: the slope is its root; 2 e- at gain 2 are
    # 2 x 32 x 2 = 128 of 16-bit DN, and sqrt(2) times the constant.
    assert noise == pytest.approx(
        {"reference_slope": np.sqrt(32), "reference_constant": 128 / np.sqrt(2)}
    )
    moved = profile.extra | {CURVE: [[3000.0, 0.7, 0.5]]}
    assert changed_parameters(replace(profile, extra=moved), tuning) == {
        "rpi.awb": {"ct_curve": [3000.0, 0.7, 0.5]}
    }


def test_noise_written_is_noise_read() -> None:
    readings = (Reading(iso=100, system_gain_dn_per_e=0.3, read_noise_e=1.7),)
    tuning = tuning_of(text(), "mine")

    written = changed_parameters(replace(a_profile(), readings=readings), tuning)["rpi.noise"]

    first = a_profile(10, **{"rpi.noise": written}).readings[0]
    assert first.system_gain_dn_per_e == pytest.approx(0.3)
    assert first.read_noise_e == pytest.approx(1.7)


def test_matrices_written_are_matrices_read() -> None:
    tuning, profile = tuning_of(text(), "mine"), a_profile()
    known = load_profile("GenericPhone").colour_matrices

    changes = changed_parameters(replace(profile, colour_matrices=known), tuning)

    assert [c["ct"] for c in changes["rpi.ccm"]["ccms"]] == [2856, 6504]
    for entry in changes["rpi.ccm"]["ccms"]:
        sums = np.reshape(entry["ccm"], (3, 3)).sum(axis=1)
        np.testing.assert_allclose(sums, 1.0, atol=1e-9)
    again = {
        m.illuminant: np.array(m.xyz_to_camera) for m in a_profile(10, **changes).colour_matrices
    }
    for entry in known:
        matrix = np.array(entry.xyz_to_camera)
        # A tuning knows no scale: green of white is 1. Temperatures are whole kelvins.
        white = matrix @ xy_to_xyz(illuminant_xy(entry.illuminant))
        np.testing.assert_allclose(again[entry.illuminant], matrix / white[1], atol=1e-3)


def test_shading_changed_is_shading_written() -> None:
    profile, tuning = a_profile(), tuning_of(text(), "mine")
    (table,) = profile.extra[SHADING]
    gains = {"R": [3.0] * 192, "G": [1.5] * 192, "B": [6.0] * 192}
    changed = profile.extra | {SHADING: [table | {"gains": gains}]}

    alsc = changed_parameters(replace(profile, extra=changed), tuning)["rpi.alsc"]

    assert alsc["calibrations_Cr"] == [{"ct": 3000, "table": [2.0] * 192}]
    assert alsc["calibrations_Cb"] == [{"ct": 3000, "table": [4.0] * 192}]
    assert alsc["luminance_lut"] == [1.5] * 192


@pytest.mark.parametrize(
    ("algorithms", "reason"),
    [
        ({"rpi.black_level": None}, "no rpi.black_level"),
        ({"rpi.black_level": {}}, 'rpi.black_level: "black_level" is missing'),
        ({"rpi.black_level": {"black_level": "dark"}}, "rpi.black_level: a value is of the wrong"),
        ({"rpi.black_level": {"black_level": 70000}}, "is not below white_level_dn"),
        ({"rpi.noise": {"reference_constant": 0, "reference_slope": 0}}, "is no sensor's"),
        ({"rpi.awb": {"ct_curve": [1.0, 2.0]}}, "triples of temperature"),
        ({"rpi.awb": {"ct_curve": [3e3, 1, 1, 2e3, 1, 1]}}, "the AWB curve rise"),
        ({"rpi.ccm": {"ccms": [{"ct": 3000, "ccm": [1.0] * 8}]}}, "is nine numbers"),
        ({"rpi.ccm": {"ccms": [{"ct": 3000, "ccm": [1.0] * 9}]}}, "rpi.ccm: a matrix cannot be"),
        ({"rpi.alsc": {"luminance_lut": [1.0], "calibrations_Cr": [1], "calibrations_Cb": [1]}},
         "1 shading gains are no table"),
    ],
)  # fmt: skip
def test_values_that_are_no_sensors_are_refused(algorithms: dict[str, object], reason: str) -> None:
    with pytest.raises(ProfileError, match=re.escape(reason)):
        a_profile(10, **algorithms)


def test_a_tuning_without_noise_or_colour_gives_a_profile_without() -> None:
    profile = a_profile(
        10, **{"rpi.noise": None, "rpi.ccm": None, "rpi.awb": None, "rpi.alsc": None}
    )

    assert (profile.readings, profile.colour_matrices) == ((), ())
    assert not {CURVE, SHADING} & set(profile.extra)


def test_a_change_without_a_place_is_refused() -> None:
    tuning = tuning_of(text(**{"rpi.noise": None}), "mine")
    louder = (Reading(iso=100, system_gain_dn_per_e=1.0),)
    profile = a_profile(10, **{"rpi.noise": None})

    with pytest.raises(ProfileError, match=r"its tuning has no rpi\.noise"):
        changed_parameters(replace(profile, readings=louder), tuning)
