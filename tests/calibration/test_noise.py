"""All of an ISO together: shares are not counted twice, and warm darks are kept apart."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.banding import Band, Banding
from calibration.captures import as_warm_as
from calibration.line_noise import LineNoise
from calibration.noise import measure_noise, own_noise
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError
from tests.calibration.written_captures import CAMERA, captures


def test_rows_columns_and_bands_are_taken_off_the_read_noise() -> None:
    lines = LineNoise(
        row=Figure(value=1.0), column=Figure(value=2.0), row_signal=np.zeros((2, 2)),
    )  # fmt: skip
    band = Band(
        frequency_cycles_per_row=0.1, amplitude_e=Figure(value=4.0), amplitude_dn=4.0,
        false_alarm=0.0,
    )  # fmt: skip
    banding = Banding(
        bands=(band,), frequency=np.zeros(1), power=np.zeros(1), white_dn2=1.0,
        floor_dn2=np.zeros(1), limit_dn2=np.zeros(1),
    )  # fmt: skip

    # 22 = 3^2 + 1 + 4 + 4^2 / 2
    assert own_noise(Figure(value=22**0.5), lines, banding).value == pytest.approx(3.0)
    assert own_noise(Figure(value=14**0.5), lines).value == pytest.approx(3.0)


def test_darks_at_other_temperatures_do_not_reach_the_gain_or_the_dark_current() -> None:
    found = measure_noise(captures(), 100.0)

    current = found.figures["dark_current_e_per_s"]
    assert abs(current.value - CAMERA.dark_current_e_per_s) < 2 * current.half_width
    assert found.warming is not None
    assert found.warming.temperatures_c == (25, 32, 39)


def test_the_nearest_darks_are_taken_where_none_is_as_warm() -> None:
    stacks = captures().stacks
    flats = [replace(s, temperature_c=30.0) for s in stacks if not s.dark]
    darks = [s for s in stacks if s.dark]

    assert {s.temperature_c for s in as_warm_as(flats, darks)} == {32}
    assert {
        s.temperature_c for s in as_warm_as([replace(flats[0], temperature_c=None)], darks)
    } == {None}
    assert as_warm_as([], darks) == tuple(darks)


def test_single_frames_are_refused() -> None:
    every = captures()
    single = tuple(replace(s, count=1) if not s.dark else s for s in every.stacks)

    with pytest.raises(CalibrationError, match="no flat has the two frames"):
        measure_noise(replace(every, stacks=single), 100.0)
