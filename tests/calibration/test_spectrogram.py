"""A spectrogram shows what repeats along the rows, or along the columns, and white is white."""

import numpy as np
import pytest

from calibration.spectrogram import spectrogram
from isp.core.errors import CalibrationError


def noise(height: int, width: int) -> np.ndarray:
    """White noise of deviation 3."""
    return np.random.Generator(np.random.Philox(5)).normal(0, 3, (height, width))


def test_a_white_pattern_has_its_variance_at_every_frequency() -> None:
    found = spectrogram(noise(400, 64), along="rows")

    # A bin averages 400 rows' exponential ordinates, two of them where there is no partner.
    assert np.abs(found.power / 9 - 1).max() < 5 * (2 / 400) ** 0.5
    assert found.white == pytest.approx(9, rel=5 / (400 * 32) ** 0.5)
    assert found.nonwhiteness == pytest.approx(1, abs=0.02)


def test_the_mean_power_is_the_variance() -> None:
    pattern = noise(64, 65) + np.arange(65)

    found = spectrogram(pattern - pattern.mean(1, keepdims=True), along="rows")

    variance = (pattern - pattern.mean(1, keepdims=True)).var()
    assert 2 * found.power.sum() / 65 == pytest.approx(variance, rel=1e-12)  # Parseval


def test_rows_and_columns_are_told_apart() -> None:
    stripes = np.tile(np.cos(2 * np.pi * 0.125 * np.arange(64)), (32, 1)) + 1e-3 * noise(32, 64)

    rows, columns = spectrogram(stripes, along="rows"), spectrogram(stripes, along="columns")

    assert rows.frequency[rows.power.argmax()] == 0.125
    assert rows.power.max() == pytest.approx(64 / 4, rel=0.01)  # A^2 N / 4
    assert rows.nonwhiteness > 1000
    assert columns.power.max() < 1e-3


def test_a_small_image_has_no_spectrogram() -> None:
    with pytest.raises(CalibrationError, match="8 x 8"):
        spectrogram(noise(7, 64), along="rows")
