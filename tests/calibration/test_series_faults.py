"""Levels of several gains or lamps are told from one linear sensor."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.fault import Fault
from calibration.moments import gather
from calibration.photon_transfer import Level
from calibration.series_faults import series_faults
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera(size=(64, 64))
TIMES = [0.001 * (i + 1) for i in range(20)]
FULL = 17_000.0  # photons of the brightest; the well of 14 000 e- stays out of reach, so that
# changed frames saturate no earlier than others


def level(camera: FlatCamera, time: float, light: float = 1.0) -> Level:
    """Light of `FULL` at the longest time."""
    return Level(
        exposure_time_s=time,
        photons=None,
        bright=camera.moments(light * FULL * time / TIMES[-1], time),
        dark=camera.moments(0.0, time + 1e-7),
        dark_time_s=time,
    )


def only(found: list[Fault]) -> Fault:
    """The one fault."""
    (fault,) = found
    return fault


def test_a_linear_sensor_has_no_fault() -> None:
    assert series_faults(100, [level(CAMERA, time) for time in TIMES]) == []


def test_saturation_excuses_levels_below_the_line() -> None:
    assert series_faults(100, [level(CAMERA, 2.5 * time) for time in TIMES]) == []


def test_a_pair_of_gains_is_told_by_its_slopes() -> None:
    """A second camera gives the same signal for twice the electrons, as a lower ISO would."""
    other = replace(CAMERA, gain=CAMERA.gain / 2)
    mixed = [level(CAMERA, t) if t > 0.008 else level(other, t, 2.0) for t in TIMES]

    fault = only(series_faults(100, mixed))

    assert "gains (ISOs)" in fault.what
    assert "one fixed ISO" in fault.remedy
    assert fault.serious


@pytest.mark.parametrize("drift", [-0.1, 0.1])
def test_a_lamp_that_drifts_over_the_series_is_said(drift: float) -> None:
    found = series_faults(100, [level(CAMERA, t, 1 + drift * t / TIMES[-1]) for t in TIMES])

    fault = only(found)
    assert "the light drifts, the frames have several ISOs, or the sensor is not linear" in (
        fault.what
    )
    assert not fault.serious


def test_a_pair_of_darks_among_the_flats_is_named_by_its_time() -> None:
    levels = [level(CAMERA, time) for time in TIMES]
    levels[6] = replace(levels[6], bright=levels[6].dark)

    fault = only(series_faults(100, levels))

    assert "the flats of 0.007 s lie -100" in fault.what
    assert fault.serious


def test_flats_above_the_line_beyond_the_fit_are_named() -> None:
    levels = [level(CAMERA, time) for time in TIMES]
    clipped = gather([np.full(CAMERA.size, 4095.0)] * 2, limit_dn=4095)
    levels[15] = replace(levels[15], bright=clipped)

    fault = only(series_faults(100, levels))

    assert "the flats of 0.016 s lie +" in fault.what
    assert fault.serious


@pytest.mark.parametrize("knee", [0.3, 0.5, 0.8])
def test_a_well_that_bends_before_it_is_full_is_no_fault(knee: float) -> None:
    """Above the knee the response is knee + (1 - knee) (1 - exp(-rest)) of the well."""

    def bent(time: float) -> Level:
        electrons = CAMERA.efficiency * 2.5 * FULL * time / TIMES[-1]
        above = max(electrons / CAMERA.well_e - knee, 0) / (1 - knee)
        if not above:
            return level(CAMERA, time, 2.5)
        slope, held = np.exp(-above), CAMERA.well_e * (knee + (1 - knee) * (1 - np.exp(-above)))
        draw = np.random.default_rng(int(time * 1e6))
        deviation = (slope**2 * electrons + CAMERA.read_noise_e**2) ** 0.5
        frames = [
            np.rint(CAMERA.black + CAMERA.gain * draw.normal(held, deviation, CAMERA.size))
            for _ in range(2)
        ]
        return replace(level(CAMERA, time), bright=gather(frames, limit_dn=4095))

    assert series_faults(100, [bent(time) for time in TIMES]) == []


def test_too_few_levels_are_not_judged() -> None:
    assert series_faults(100, [level(CAMERA, time) for time in TIMES[:2]]) == []
