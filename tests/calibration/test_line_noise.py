"""Row and column noise are told from the pixels' own."""

import numpy as np
import pytest

from calibration.line_noise import line_noise
from calibration.moments import gather
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

GAIN = Figure(value=0.5, low=0.5, high=0.5)


def darks(
    seed: int, row: float, column: float, pixel: float, size: tuple[int, int] = (64, 96)
) -> list[np.ndarray]:
    """Dark frames with those temporal deviations and a fixed pattern, DN."""
    draw = np.random.Generator(np.random.Philox(seed))
    fixed = draw.normal(0, 4, size) + draw.normal(0, 4, (size[0], 1))
    return [
        64 + fixed + draw.normal(0, row, (size[0], 1)) + draw.normal(0, column, (1, size[1]))
        + draw.normal(0, pixel, size)
        for _ in range(16)
    ]  # fmt: skip


@pytest.mark.parametrize(("row", "column"), [(1.0, 0.0), (0.0, 0.7), (1.0, 0.7)])
def test_row_and_column_noise_come_back_in_electrons(row: float, column: float) -> None:
    found = line_noise(gather(darks(3, row, column, 3.0), period=(2, 2)), GAIN)

    for figure, truth in ((found.row, row), (found.column, column)):
        if truth:
            assert figure.value == pytest.approx(2 * truth, abs=2 * figure.half_width)
            assert figure.half_width < 0.2 * truth
        else:
            assert figure.low == 0
            assert figure.high < 0.5


def test_intervals_cover_95_of_100() -> None:
    hits = [
        figure.low <= 1.0 <= figure.high
        for seed in range(150)
        for figure in [line_noise(gather(darks(seed, 0.5, 0.2, 2.0, (40, 48))), GAIN, groups=4).row]
    ]

    from scipy.stats import binom

    low, high = binom.interval(1 - 1e-6, 150, 0.95)
    assert low <= sum(hits) <= high


def test_the_signal_of_the_rows_leaves_the_fixed_pattern_out() -> None:
    found = line_noise(gather(darks(3, 0.0, 0.0, 0.5)), GAIN)

    assert found.row_signal.shape == (16, 64)
    assert found.row_signal.std() == pytest.approx(0.5 / np.sqrt(96), rel=0.1)


def test_one_frame_has_no_row_noise() -> None:
    with pytest.raises(CalibrationError, match="two dark frames"):
        line_noise(gather(darks(1, 1, 1, 1)[:1]), GAIN)
