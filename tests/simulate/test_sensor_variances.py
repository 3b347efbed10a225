"""The whole sensor's book of variances."""

import math

import pytest
import torch

from simulate.sensor import Sensor
from tests.simulate.bench_camera import (
    GAIN,
    READ_E,
    ROW_E,
    burst,
    ideal,
    profile,
    temporal_variance,
)


@pytest.mark.parametrize("patterned", [False, True], ids=["no pattern", "PRNU and DSNU"])
@pytest.mark.parametrize("rate", [0.0, 200.0, 3000.0])
def test_the_temporal_variance_is_the_sum_of_its_sources(rate: float, patterned: bool) -> None:
    """K^2 (mu + D t + sigma_d^2 + sigma_row^2) + 1/12 DN^2, whatever is fixed (section 5.4)."""
    rows, columns = 1000, 800
    n, dark = rows * columns, 40.0 * 0.5
    patterns = {} if patterned else {"prnu_percent": 0.0, "dsnu_e": 0.0}
    pair = Sensor(profile(**patterns)).capture(burst(rate, rows, columns, 2), seed=8).data

    pixel = rate + dark + READ_E**2 + 1 / 12 / GAIN**2  # e-^2, independent between photosites
    expected = GAIN**2 * (pixel + ROW_E**2)
    # Half the mean of (p + r)^2, Var p = 2 pixel with fourth cumulant 2 (mu + D t), and
    # Var r = 2 row shared along a row.
    error = GAIN**2 * math.sqrt(
        (2 * pixel**2 + 4 * pixel * ROW_E**2 + (rate + dark) / 2) / n + 2 * ROW_E**4 / rows
    )
    # PRNU also lets the mean rate of this very field be off by mu * 1 % / sqrt(n).
    error = math.hypot(error, GAIN**2 * rate * 0.01 / math.sqrt(n) if patterned else 0.0)
    assert abs(temporal_variance(pair) - expected) < 4 * error


def test_the_spatial_variance_of_a_mean_frame_adds_the_fixed_patterns() -> None:
    """K^2 (DSNU^2 + PRNU^2 mu^2) + temporal / L."""
    rate, rows, columns, frames = 2000.0, 500, 400, 16
    captured = Sensor(profile()).capture(burst(rate, rows, columns, frames), seed=9)
    black = profile().cfa.spread_sites(profile().black_sites, rows, columns)
    mean = (captured.data.double() - black).mean(dim=0)

    fixed = 2.0**2 + (0.01 * rate) ** 2
    temporal = rate + 20 + READ_E**2 + 1 / 12 / GAIN**2
    pixel, row = fixed + temporal / frames, ROW_E**2 / frames
    expected = GAIN**2 * (pixel + row)
    error = GAIN**2 * math.sqrt(2 * pixel**2 / (rows * columns) + 2 * row**2 / rows)
    assert abs(float(mean.var()) - expected) < 4 * error


def test_row_noise_shows_in_the_means_of_the_rows() -> None:
    """Variance of the difference of two frames' row means: 2 (row^2 + pixel / columns) K^2."""
    rows, columns = 4000, 100
    pair = Sensor(profile()).capture(burst(100.0, rows, columns, 2), seed=10).data.double()

    difference = (pair[0] - pair[1]).mean(dim=-1).flatten()

    pixel = 100.0 + 20 + READ_E**2 + 1 / 12 / GAIN**2
    expected = 2 * GAIN**2 * (ROW_E**2 + pixel / columns)
    assert abs(float(difference.var()) - expected) < 4 * expected * math.sqrt(2 / (rows - 1))


@pytest.mark.parametrize(("iso", "gain", "read", "row"), [(100.0, 0.5, 3.0, 1.5),
                                                          (400.0, 2.0, 2.0, 0.5)])  # fmt: skip
def test_the_gain_scales_signal_and_noise_together(
    iso: float, gain: float, read: float, row: float
) -> None:
    rows, columns = 1000, 500
    frame = burst(300.0, rows, columns, 2, iso=torch.full((2,), iso))
    pair = Sensor(ideal(readings=profile().readings)).capture(frame, seed=11).data

    pixel = 300.0 + read**2 + 1 / 12 / gain**2
    error = gain**2 * math.sqrt(
        (2 * pixel**2 + 4 * pixel * row**2 + 150) / (rows * columns) + 2 * row**4 / rows
    )
    assert abs(temporal_variance(pair) - gain**2 * (pixel + row**2)) < 4 * error
    mean_error = gain * math.sqrt(pixel / (2 * rows * columns) + row**2 / (2 * rows))
    assert abs(float(pair.double().mean()) - (64 + gain * 300)) < 4 * mean_error
