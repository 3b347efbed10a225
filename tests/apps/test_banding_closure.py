"""A simulated camera's bands and defects come back from its captures, and into its profile."""

from dataclasses import replace

import pytest

from apps.capture_session import Plan, session
from calibration.camera import camera_profile
from calibration.noise import measure_noise
from isp.files.profile import load_profile


@pytest.mark.slow
def test_a_banding_cameras_numbers_come_back() -> None:
    camera = load_profile("SonyA7S2")
    reading = replace(camera.readings[len(camera.readings) // 2], row_noise_e=0.6)
    reading = replace(reading, banding_amplitude_e=0.4 * reading.read_noise_e)
    camera = camera.with_fields(readings=(reading,), banding_frequency_cycles_per_row=0.043)
    captures = session(camera, reading.iso, Plan(levels=12, stack=32, size=(256, 128)), seed=2)

    found = measure_noise(captures, reading.iso)

    (band,) = found.banding.bands
    assert band.frequency_cycles_per_row == pytest.approx(0.043, abs=1e-4)
    assert band.amplitude_e.low < reading.banding_amplitude_e < band.amplitude_e.high
    assert found.lines.row.value == pytest.approx(0.6, rel=0.1)  # 32 x 256 draws: 1 %, and floor
    assert found.own_noise_e.value == pytest.approx(reading.read_noise_e, rel=0.05)
    profile = camera_profile(captures, [found])
    assert profile.banding_frequency_cycles_per_row == band.frequency_cycles_per_row
    assert profile.readings[0].banding_amplitude_e == band.amplitude_e.value
