"""Frames of one exposure are alike within what their pixels and lines leave."""

import numpy as np
import pytest

from calibration.frame_faults import mean_error, stray_darks, unsteady_light
from calibration.moments import gather

DRAW = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("rows", "columns"), [(0.0, 0.0), (5.0, 0.0), (0.0, 5.0)], ids=["pixels", "rows", "columns"]
)
def test_the_error_of_a_frames_mean_is_that_of_its_pixels_or_its_lines(
    rows: float, columns: float
) -> None:
    """By hand: independent pixels, rows and columns; 60 medians of 48 lines say it within 4 %."""
    frames = [
        60 + DRAW.normal(0, 3, (48, 64)) + DRAW.normal(0, rows, (48, 1))
        + DRAW.normal(0, columns, (1, 64))
        for _ in range(60)
    ]  # fmt: skip
    sums = gather(frames)

    truth = (9 / (48 * 64) + rows**2 / 48 + columns**2 / 64) ** 0.5
    assert mean_error(sums) == pytest.approx(truth, rel=0.12)


def test_row_noise_is_no_flicker() -> None:
    """Row noise of 8 DN over 32 rows leaves 1.4 DN in a mean, 1.4 % of 100 DN."""
    found = 0
    for _ in range(40):
        frames = [160 + DRAW.normal(0, 2, (32, 32)) + DRAW.normal(0, 8, (32, 1)) for _ in "ab"]
        found += len(unsteady_light(100, gather(frames), 60.0, 255.0, "flats"))

    assert found == 0


def test_a_stray_dark_is_counted() -> None:
    frames = [60 + DRAW.normal(0, 2, (32, 32)) for _ in range(16)]

    assert stray_darks(100, gather(frames), 4035, "the stack") == []
    frames[3], frames[9] = frames[3] + 10, frames[9] + 20
    (fault,) = stray_darks(100, gather(frames), 4035, "the stack")
    assert "2 of the 16 frames of the stack" in fault.what
    assert fault.serious


def test_a_single_frame_is_not_judged() -> None:
    one = gather([np.full((8, 8), 60.0)])

    assert stray_darks(100, one, 4035, "it") == unsteady_light(100, one, 0, 4035, "it") == []
