"""Frames smoothed by a program are named; rows, bands and moving light are not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import convolve1d, gaussian_filter

from calibration.capture_faults import faults_of
from calibration.moments import gather
from calibration.photon_transfer import Level, photon_transfer
from calibration.smoothed_frames import coarseness, smoothed_frames
from tests.calibration.flat_camera import FlatCamera
from tests.calibration.test_capture_faults import captures

CAMERA = FlatCamera(size=(96, 96))
PHOTONS = np.linspace(1500, 24_000, 16)
DRAW = np.random.default_rng(4)
Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def series(change: Change, camera: FlatCamera = CAMERA) -> list[Level]:
    """Pairs of flats, and one of darks, each frame changed."""

    def pair(photons: float) -> list[NDArray[np.float64]]:
        return [np.rint(change(frame)) for frame in camera.frames(photons, 0.01)]

    dark = gather(pair(0.0), limit_dn=4095)
    return [
        Level(
            exposure_time_s=0.01, photons=float(photons), dark=dark, dark_time_s=0.01,
            bright=gather(pair(float(photons)), limit_dn=4095),
        )
        for photons in PHOTONS
    ]  # fmt: skip


def blurred(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """By 0.6 pixels."""
    return gaussian_filter(frame, 0.6)


def test_a_blur_of_half_a_pixel_is_named_where_it_takes_the_gain() -> None:
    levels = series(blurred)
    # Squares of the kernel's weights (0.664, 0.166, 0.002) sum up to 0.496 along each axis.
    gain = photon_transfer(levels).figures["system_gain_dn_per_e"].value
    assert gain == pytest.approx(0.25 * 0.496**2, rel=0.05)

    fault, *others = faults_of(captures(), 100, levels)

    assert "changed by a program" in fault.what
    assert fault.serious
    assert "as the camera wrote" in fault.remedy
    # A gain four times too low makes four times the electrons of the photons that were stated.
    assert [other.what for other in others if "electron" not in other.what] == []


def test_the_coarseness_is_that_of_the_kernel() -> None:
    """By hand: (1 + cos f)^2 / 4 of the kernel 1/4 1/2 1/4, mean over f and over both ranges.

    The mean of (1 + cos f)^2 is 3/2 + (2 sin f + sin 2f / 4) / range: from pi/4 to pi/2 it is
    1.5 + (0.5858 - 0.25) / 0.7854 = 1.9276, from pi/2 to pi it is 1.5 - 2 / 1.5708 = 0.2268.
    """
    levels = series(lambda frame: 64 * convolve1d(frame, [0.25, 0.5, 0.25], axis=0, mode="wrap"))

    rows, columns = (coarseness(levels, axis) for axis in ("rows", "columns"))

    assert rows.value == pytest.approx(1.9276 / 0.2268, abs=5 * 8.5 * rows.error)
    assert columns.value == pytest.approx(1, abs=5 * columns.error)
    assert smoothed_frames(100, levels) == []


def shared_lines(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise of whole rows and columns, and a band along the rows."""
    height, width = frame.shape
    band = 6 * np.sin(0.9 * np.arange(height)[:, None] + DRAW.uniform(0, 6))
    return frame + band + DRAW.normal(0, 4, (height, 1)) + DRAW.normal(0, 4, (1, width))


def tilted(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light that leans another way in each frame."""
    lean = DRAW.uniform(-0.1, 0.1, 2)
    x = np.linspace(-1, 1, frame.shape[0])
    return 60 + (frame - 60) * (1 + lean[0] * x + lean[1] * x[:, None])


@pytest.mark.parametrize("change", [lambda frame: frame, shared_lines, tilted])
def test_sound_flats_are_not_accused(change: Change) -> None:
    assert smoothed_frames(100, series(change)) == []


def test_small_or_white_frames_say_nothing() -> None:
    small = series(lambda frame: frame, replace(CAMERA, size=(16, 16)))
    white = gather([np.full((96, 96), 4095.0)] * 2)

    assert coarseness(small, "rows").error == np.inf
    assert coarseness([replace(small[0], bright=white)], "rows").error == np.inf
