"""Captures of a known camera in a folder, as a user leaves them: flats and darks, 16-bit PNG."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from isp.files.dump import DumpFlags
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera(size=(96, 96), dark_current_e_per_s=40.0, well_e=12_000.0)
PHOTONS_PER_S = 2.0e6  # CAMERA's well is full at 12 ms
FLAGS = DumpFlags(cfa="MONO", bits=12, black_level=(60.0,))
HOT, WEAK = (20, 30), (40, 50)  # two defects
HOT_DN = 100.0
OPTIONS = ("--cfa", "MONO", "--bits", "12", "--black-level", "60")


def write_captures(
    folder: Path,
    camera: FlatCamera = CAMERA,
    *,
    levels: int = 14,
    brightest_ms: float = 15.0,
    stack: int = 16,
    iso: int = 100,
) -> Path:
    """Write pairs of flats and of darks over the exposure times, and a stack of each."""
    times = np.linspace(0, brightest_ms, levels + 1)[1:] * 1e-3
    for time in times:
        _write(folder / "flats" / f"iso{iso}", camera, PHOTONS_PER_S * time, time, 2)
        _write(folder / "darks" / f"iso{iso}", camera, 0.0, time, 2)
    if stack:
        half = 0.5 * camera.well_e / camera.efficiency / PHOTONS_PER_S
        _write(folder / "flats" / f"iso{iso}", camera, PHOTONS_PER_S * half, half, stack)
        _write(folder / "darks" / f"iso{iso}", camera, 0.0, half, stack)
    return folder


def write_warm_darks(
    folder: Path, camera: FlatCamera = CAMERA, *, doubling_k: float = 7.0, iso: int = 100
) -> None:
    """Write darks of two exposure times at 25, 32 and 39 degC; the camera's own are at 20."""
    for warmth in (25, 32, 39):
        rate = camera.dark_current_e_per_s * 2 ** ((warmth - 20) / doubling_k)
        for time in (0.1, 2.0):
            _write(
                folder / "darks" / f"{warmth}degC" / f"iso{iso}",
                replace(camera, dark_current_e_per_s=rate, seed=camera.seed + warmth),
                0.0, time, 2,
            )  # fmt: skip


def _write(folder: Path, camera: FlatCamera, photons: float, time: float, count: int) -> None:
    import imagecodecs

    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(camera.frames(photons, time, count)):
        frame[HOT] = min(frame[HOT] + HOT_DN, 4095)
        frame[WEAK] = camera.black + 0.5 * (frame[WEAK] - camera.black)
        name = f"{time * 1e3:.6f}ms_{index:02d}.png"
        (folder / name).write_bytes(imagecodecs.png_encode(frame.astype(np.uint16)))
