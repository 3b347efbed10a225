"""Captures of a known camera in a folder, as a user leaves them: flats and darks, 16-bit PNG."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.captures import CaptureSet, Stack
from isp.core.cfa import Cfa
from isp.files.dump import DumpFlags
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera(size=(96, 96), dark_current_e_per_s=40.0, well_e=12_000.0)
PHOTONS_PER_S = 2.0e6  # CAMERA's well is full at 12 ms
FLAGS = DumpFlags(cfa="MONO", bits=12, black_level=(60.0,))
HOT, WEAK = (20, 30), (40, 50)  # two defects
HOT_DN = 100.0
WARMTHS, DOUBLING_K = (25, 32, 39), 7.0
OPTIONS = ("--cfa", "MONO", "--bits", "12", "--black-level", "60")


def captures(camera: FlatCamera = CAMERA, *, levels: int = 14, stack: int = 16) -> CaptureSet:
    """The same without files, and darks of two times at 25, 32 and 39 degC."""
    times = np.linspace(0, 15.0, levels + 1)[1:] * 1e-3
    half = 0.5 * camera.well_e / camera.efficiency / PHOTONS_PER_S
    stacks = [
        _stack(camera, time, count, dark=dark)
        for dark in (False, True)
        for time, count in [*((float(time), 2) for time in times), (half, stack)]
    ]
    for warmth in WARMTHS:
        warm = _warm(camera, warmth)
        stacks += [
            _stack(warm, time, 2, dark=True, temperature_c=float(warmth)) for time in (0.1, 2.0)
        ]
    return CaptureSet(
        camera="Known", cfa=Cfa.MONO, bit_depth=camera.bits, white_level_dn=4095.0,
        black_level_dn=(camera.black,), stacks=tuple(stacks),
    )  # fmt: skip


def _stack(
    camera: FlatCamera, time: float, count: int, *, dark: bool, temperature_c: float | None = None
) -> Stack:
    photons = 0.0 if dark else PHOTONS_PER_S * time
    frames = [_with_defects(camera, frame) for frame in camera.frames(photons, time, count)]
    return Stack(
        name=f"{dark} {time} {count} {temperature_c}", dark=dark, exposure_time_s=time, iso=100.0,
        photons=None, temperature_c=temperature_c, count=count, frames=lambda: frames,
    )  # fmt: skip


def _warm(camera: FlatCamera, warmth: int) -> FlatCamera:
    rate = camera.dark_current_e_per_s * 2 ** ((warmth - 20) / DOUBLING_K)
    return replace(camera, dark_current_e_per_s=rate, seed=camera.seed + warmth)


def _with_defects(camera: FlatCamera, frame: NDArray[np.float64]) -> NDArray[np.float64]:
    frame[HOT] = min(frame[HOT] + HOT_DN, 4095)
    frame[WEAK] = camera.black + 0.5 * (frame[WEAK] - camera.black)
    return frame


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


def _write(folder: Path, camera: FlatCamera, photons: float, time: float, count: int) -> None:
    import imagecodecs

    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(camera.frames(photons, time, count)):
        frame = _with_defects(camera, frame)
        name = f"{time * 1e3:.6f}ms_{index:02d}.png"
        (folder / name).write_bytes(imagecodecs.png_encode(frame.astype(np.uint16)))
