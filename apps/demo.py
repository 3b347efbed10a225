"""The whole main job on the built-in scene: sensor, DNG, LibRaw and our ISP, one report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from apps.chosen_recipe import Choices
from apps.demo_report import Evidence, write_report
from apps.developing import pipeline_for
from apps.scenes import scene
from apps.truth import truth_in_linear
from isp.core.errors import CheckError, OutputError
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.core.shot import Shot
from isp.files.libraw_picture import libraw_picture
from isp.files.open import read
from isp.files.profile import load_profile
from isp.files.safe_write import refuse_output
from isp.files.save import write
from simulate.sensor import Sensor

CAMERA = "NikonD850"
ISO, EXPOSURE_TIME_S, F_NUMBER = 400, 1 / 25, 2.8
TONE, STOPS = "filmic", 0.7
OUTPUTS = ("report.html", "room.dng", "room.png")
PARTS = 6

Advance = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Capture:
    """What the simulated camera did: the light, the mean, two frames and the file read back."""

    light: Frame
    expected: Frame
    raw: Frame
    second: Frame
    read_back: Frame


def run_demo(
    folder: Path, *, seed: int = 1, force: bool = False, advance: Advance = lambda name: None
) -> list[str]:
    """Run the demo into a folder; returns the lines to print.

    Raises OutputError when the folder holds an earlier demo and not `force`; CheckError when
    the file does not give back what was written.
    """
    _prepare(folder, force=force)
    advance("scene")
    capture = _photograph(folder / "room.dng", seed=seed, force=force, advance=advance)
    advance("develop")
    taps = [Tap("expected", capture.expected, 0.0), Tap("read", capture.read_back, 0.0)]
    pipeline = pipeline_for(capture.read_back, Choices(tone=TONE, exposure=STOPS))
    taps += list(pipeline.tap(capture.read_back))
    write(folder / "room.png", taps[-1].frame, force=True)
    advance("compare")
    evidence = Evidence(
        capture_facts={
            "camera": CAMERA, "ISO": ISO, "exposure time": f"{EXPOSURE_TIME_S:g} s",
            "f-number": F_NUMBER, "seed": seed,
        },
        light=capture.light,
        taps=taps,
        second=capture.second,
        truth=truth_in_linear(capture.light, capture.expected),
        ours={
            "fullwell, gbtf_root": _linear(capture.read_back, "gbtf_root"),
            "fullwell, Malvar 2004": _linear(capture.read_back, "malvar2004"),
            "fullwell, bilinear": _linear(capture.read_back, "bilinear"),
        },
        libraw={
            f"LibRaw, {name}": _libraw(folder / "room.dng", name) for name in ("AHD", "LINEAR")
        },
    )  # fmt: skip
    advance("report")
    lines = write_report(folder / "report.html", evidence)
    return [*lines, f"open {folder / 'report.html'}"]


def _photograph(path: Path, *, seed: int, force: bool, advance: Advance) -> Capture:
    sensor = Sensor(load_profile(CAMERA))
    light = scene("interior")
    advance("sensor")
    shot = Shot.single(exposure_time_s=EXPOSURE_TIME_S, f_number=F_NUMBER, iso=ISO)
    expected = sensor.expose(light, shot)
    raw = sensor.capture(expected, seed)
    second = sensor.capture(expected, (seed + 1) % 2**64)
    advance("file")
    write(path, raw, force=force)
    read_back = read(path)
    if not torch.equal(read_back.data, raw.data):
        raise CheckError(f"{path}: LibRaw does not give back the DN that were written")
    return Capture(light=light, expected=expected, raw=raw, second=second, read_back=read_back)


def _linear(frame: Frame, demosaic: str) -> NDArray[np.float32]:
    """Our linear BT.709 light (h, w, 3), 1.0 = green at white level."""
    choices = Choices(preset="hdr_linear", demosaic=demosaic, settings=_TO_BT709)
    developed = pipeline_for(frame, choices).develop(frame)
    return np.ascontiguousarray(developed.data[0].permute(1, 2, 0).numpy())


_TO_BT709 = (("colour_matrix", "target", "bt709"),)


def _libraw(path: Path, demosaic: str) -> NDArray[np.float32]:
    code = libraw_picture(path, demosaic, linear=True).arrays["code"]
    return (code.astype(np.float64) / 65535).astype(np.float32)


def _prepare(folder: Path, *, force: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, f"cannot make the folder ({error.strerror})") from error
    for name in OUTPUTS:
        refuse_output(folder / name, force=force)
