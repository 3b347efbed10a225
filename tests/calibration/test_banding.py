"""Bands come back with frequency and amplitude, and noise and drift are no bands."""

import numpy as np
import pytest

from calibration.banding import find_banding, without_bands
from calibration.line_noise import line_noise
from calibration.moments import gather
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

GAIN = Figure(value=0.5, low=0.5, high=0.5)


def rows(
    seed: int, *bands: tuple[float, float], white: float = 0.3, frames: int = 32, height: int = 200
) -> np.ndarray:
    """What rows share in each frame, DN, as `line_noise` gives it; bands: amplitude, frequency."""
    draw = np.random.Generator(np.random.Philox(seed))
    signal = draw.normal(0, white, (frames, height))
    for amplitude, frequency in bands:
        phase = draw.uniform(0, 1, (frames, 1))
        signal += amplitude * np.sin(2 * np.pi * (frequency * np.arange(height) + phase))
    signal -= signal.mean(0)
    return signal - signal.mean(1, keepdims=True)


@pytest.mark.parametrize("frequency", [0.0213, 0.1, 0.2371, 0.46])
@pytest.mark.parametrize("amplitude", [0.3, 2.0])
def test_a_band_comes_back_in_electrons(amplitude: float, frequency: float) -> None:
    (band,) = find_banding(rows(7, (amplitude, frequency)), GAIN).bands

    figure = band.amplitude_e
    assert figure.low < 2 * amplitude < figure.high
    # Phases of 32 frames leave 1 / 32 of the square open, its root half of that, times 1.96.
    assert figure.half_width < 2 * amplitude * (1.96 / 64 + 4 * 0.3 / amplitude / 80)
    # Cramer-Rao for 32 sines of 200 rows, times five.
    bound = (24 * 0.3**2 / amplitude**2 / 200**3 / 32) ** 0.5 / (2 * np.pi)
    assert abs(band.frequency_cycles_per_row - frequency) < 5 * max(bound, 2e-6)


def test_two_bands_are_told_apart() -> None:
    found = find_banding(rows(7, (1.0, 0.05), (0.5, 0.31)), GAIN).bands

    assert [round(band.frequency_cycles_per_row, 3) for band in found] == [0.05, 0.31]
    assert found[1].amplitude_e.low < 1.0 < found[1].amplitude_e.high


def test_noise_alone_shows_no_band() -> None:
    found = [find_banding(rows(seed, frames=16), GAIN).bands for seed in range(200)]

    # One in 10 000 each; two or more of 200 have a chance of 2e-4.
    assert sum(map(len, found)) <= 1


def test_a_drift_of_the_rows_is_no_band() -> None:
    draw = np.random.Generator(np.random.Philox(3))
    slow = np.cumsum(draw.normal(0, 0.1, (16, 200)), axis=1)
    signal = slow - slow.mean(0)

    found = find_banding(signal - signal.mean(1, keepdims=True), GAIN)

    assert found.bands == ()
    assert found.floor_dn2[0] > 10 * found.white_dn2


def test_the_bands_share_is_not_counted_as_row_noise_again() -> None:
    draw = np.random.Generator(np.random.Philox(9))
    phases = draw.uniform(0, 2 * np.pi, 40)
    frames = [
        100 + draw.normal(0, 2, (128, 128)) + draw.normal(0, 0.5, (128, 1))
        + 1.5 * np.sin(2 * np.pi * 0.07 * np.arange(128) + phase)[:, None]
        for phase in phases
    ]  # fmt: skip
    lines = line_noise(gather(frames), GAIN)
    assert lines.row.value > 2  # both together

    banding = find_banding(lines.row_signal, GAIN)
    row = without_bands(lines, banding, GAIN).row

    assert banding.bands[0].amplitude_e.value == pytest.approx(3.0, rel=0.05)
    assert row.value == pytest.approx(1.0, rel=0.1)


def test_a_few_rows_are_refused() -> None:
    with pytest.raises(CalibrationError, match="32 rows"):
        find_banding(np.zeros((4, 31)), GAIN)


def test_rows_without_any_noise_show_no_band() -> None:
    assert find_banding(np.zeros((4, 64)), GAIN).bands == ()


def test_the_squared_amplitude_of_a_few_frames_is_not_biased() -> None:
    frames, repeats = 8, 120
    squares = [
        find_banding(rows(seed, (1.0, 0.1234), frames=frames), GAIN).bands[0].amplitude_e.value ** 2
        for seed in range(repeats)
    ]

    # Phases scatter the square by 1 / L; (2 e-)^2, five standard errors.
    assert np.mean(squares) == pytest.approx(4, rel=5 / frames / repeats**0.5)
