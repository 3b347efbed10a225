"""The EMVA 1288 reference sets give what the reference implementation gives on these very files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calibration.capture_folder import find_captures
from calibration.noise import NoiseAtIso, measure_noise
from calibration.nonuniformity import MeanImage, dark_nonuniformity, response_nonuniformity
from isp.files.dump import DumpFlags
from isp.files.open import read

ONE_GAIN = 100.0
TEMPORAL_DN2 = {"bright": 553.57375, "dark": 9.4974953}  # of the 50 full frames, by the README


@pytest.fixture(scope="module")
def ccd(shared_data: Path) -> NoiseAtIso:
    """The 12-bit CCD, frames cropped to 160 x 160."""
    folder = shared_data / "flats_darks" / "emva1288_001_ccd_12bit"
    return measure_noise(find_captures(folder), ONE_GAIN)


@pytest.fixture(scope="module")
def cmos(shared_data: Path) -> NoiseAtIso:
    """The 8-bit CMOS, frames cropped to 160 x 160."""
    folder = shared_data / "flats_darks" / "emva1288_002_cmos_8bit"
    return measure_noise(find_captures(folder), ONE_GAIN)


@pytest.mark.parametrize(
    ("name", "value", "tolerance"),
    [
        ("system_gain_dn_per_e", 0.28104, 0.005 * 0.28104),
        ("read_noise_e", 10.909, 0.01 * 10.909),
        ("quantum_efficiency", 0.4502, 0.005),
        ("saturation_capacity_e", 13938.0, 0.01 * 13938),
        ("linearity_error_min_percent", -0.599, 0.1),
        ("linearity_error_max_percent", 0.455, 0.1),
        ("dark_current_e_per_s", 36.638, 0.4),
    ],
)
def test_the_ccd(ccd: NoiseAtIso, name: str, value: float, tolerance: float) -> None:
    assert ccd.figures[name].value == pytest.approx(value, abs=tolerance)


def test_the_ccds_dark_pattern_is_said_not_to_be_seen(ccd: NoiseAtIso) -> None:
    total = ccd.dsnu[0, 0].total

    assert total.value is None
    assert "below 0, so it is not seen" in total.reason


def test_the_ccds_patterns_come_from_its_full_frame_sums(
    ccd: NoiseAtIso, shared_data: Path
) -> None:
    folder = shared_data / "flats_darks" / "emva1288_001_ccd_12bit"
    flags = DumpFlags(cfa="MONO", bits=16, black_level=(0.0,))

    def mean_of(name: str, offset: int, kind: str) -> MeanImage:
        total = read(folder / name, flags=flags).data[0, 0].numpy().astype(np.float64)
        return MeanImage(image=(total + offset) / 50, temporal_dn2=TEMPORAL_DN2[kind], frames=50)

    bright = mean_of("spatial_full_sum_bright_L50_minus97177.png", 97177, "bright")
    dark = mean_of("spatial_full_sum_dark_L50_minus604.png", 604, "dark")

    dsnu = dark_nonuniformity(dark, ccd.figures["system_gain_dn_per_e"]).total
    assert dsnu.value == pytest.approx(0.5532, rel=0.05)
    assert response_nonuniformity(bright, dark).total.value == pytest.approx(0.4327, rel=0.03)


@pytest.mark.parametrize(
    ("figure", "value", "tolerance"),
    [
        (lambda found: found.figures["system_gain_dn_per_e"], 0.020439, 0.01),
        (lambda found: found.dsnu[0, 0].total, 6.23, 0.05),
        (lambda found: found.prnu[0, 0].total, 0.775, 0.05),
    ],
)
def test_the_cmos(
    cmos: NoiseAtIso, figure: Callable[[NoiseAtIso], object], value: float, tolerance: float
) -> None:
    assert figure(cmos).value == pytest.approx(value, rel=tolerance)  # type: ignore[attr-defined]


def test_the_cmos_read_noise_is_a_bound_of_the_converters_step(cmos: NoiseAtIso) -> None:
    noise = cmos.figures["read_noise_e"]

    assert noise.value is None
    assert noise.high == pytest.approx(19.37, rel=0.005)
    assert "quantisation-limited" in noise.reason
    assert cmos.law is not None
    assert cmos.law.model == "none"


def test_the_cmos_dark_current_is_said_to_be_none(cmos: NoiseAtIso) -> None:
    assert "falls with the exposure time" in cmos.figures["dark_current_e_per_s"].reason


def test_the_light_of_neither_set_is_said_to_move(ccd: NoiseAtIso, cmos: NoiseAtIso) -> None:
    said = [fault.what for found in (ccd, cmos) for fault in found.faults]

    assert not any("pattern" in what or "copies" in what for what in said)
