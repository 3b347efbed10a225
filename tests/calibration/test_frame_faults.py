"""Frames of one exposure are alike within what their pixels and lines leave."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.frame_faults import copied_frames, mean_error, stray_darks, unsteady_light
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


def said_of(light: NDArray[np.float64]) -> str:
    """What is said of frames of 1000 DN under such light, with noise of 0.3 DN in their means."""
    frames = [60 + 1000 * share + DRAW.normal(0, 10, (32, 32)) for share in light]
    (fault,) = unsteady_light(100, gather(frames), 60.0, 4035.0, "flats")
    return str(fault)


@pytest.mark.parametrize(
    "light",
    [
        np.linspace(1.0, 0.97, 16) + 0.003 * np.tile([1, -1], 8),
        np.linspace(0.97, 1.0, 40) + 0.003 * np.random.default_rng(2).normal(size=40),
        1 - 0.05 * np.exp(-np.arange(16) / 5),
        np.linspace(1.0, 0.97, 4),
    ],
    ids=["falls", "rises", "warms up", "four frames"],
)
def test_a_fade_with_noise_on_it_drifts(light: NDArray[np.float64]) -> None:
    said = said_of(light)

    assert "drifts by" in said
    assert "warm up" in said


@pytest.mark.parametrize(
    "light",
    [
        1 + 0.02 * np.random.default_rng(1).normal(size=16),
        1 + 0.02 * np.sin(2 * np.pi * np.arange(16) / 16),
        1 + 0.02 * np.tile([1, -1], 8),
        np.array([1.0, 1.03]),
        np.array([1.0, 1.03, 1.02]),
    ],
    ids=["chance", "one wave", "turns", "two frames", "three frames"],
)
def test_light_that_goes_up_and_down_flickers(light: NDArray[np.float64]) -> None:
    said = said_of(light)

    assert "flickers by" in said
    assert "direct current" in said


def test_the_first_two_copies_are_found() -> None:
    frames = [60 + np.rint(DRAW.normal(0, 2, (32, 32))) for _ in range(6)]

    assert copied_frames(gather(frames)) is None
    assert copied_frames(gather([*frames, frames[3]])) == (4, 7)


def test_frames_without_noise_are_alike_by_chance_and_no_copies() -> None:
    """Black of less noise than a step, with hot pixels; white with a defect."""
    for level in (60.0, 4095.0):
        frame = np.full((32, 32), level)
        frame[3, 5], frame[20, 8] = 90.0, 400.0

        assert copied_frames(gather([frame, frame.copy()], period=(2, 2))) is None
