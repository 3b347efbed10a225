"""The command run in process, raws made once, and one demo for all its tests."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from apps import demo_report
from apps.cli.main import run
from apps.noise_calibration import NoiseCalibration, calibrate_captures
from isp.core.response import Response
from isp.files.picture import write_picture
from tests.apps.samples import Answer, codes_of, grey, shoot, steps, write_exr

Command = Callable[..., Answer]


@pytest.fixture
def fullwell(capfd: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process; what C libraries print is caught too."""

    def command(*arguments: object) -> Answer:
        capfd.readouterr()
        code = run([str(a) for a in arguments])
        return Answer(code, *capfd.readouterr())

    return command


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared files lie; tests read them and write elsewhere."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="session")
def grey_exr(made: Path) -> Path:
    """A flat grey scene of 0.18, 24 x 32."""
    return write_exr(made / "grey.exr", grey())


@pytest.fixture(scope="session")
def grey_dng(made: Path, grey_exr: Path) -> Path:
    """The grey scene as its expected DN."""
    return shoot(grey_exr, made / "grey.dng", noise=False)


@pytest.fixture(scope="session")
def steps_dng(made: Path) -> Path:
    """A noisy raw of light that rises until it clips, 32 x 64."""
    return shoot(write_exr(made / "steps.exr", steps()), made / "steps.dng", seed=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """One run of `fullwell demo`."""

    folder: Path
    code: int
    out: str
    err: str
    noise: dict[str, NDArray[np.float64]]  # the points and the line of its noise figure


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """The demo as a user runs it, once for all its tests."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    out, err = io.StringIO(), io.StringIO()
    noise: dict[str, Any] = {}
    draw = demo_report.noise_curve

    def drawn(mean: Any, variance: Any, **model: Any) -> Any:
        noise.update(model, mean=mean, variance=variance)
        return draw(mean, variance, **model)

    with (
        patch.object(demo_report, "noise_curve", drawn),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(["demo", "-o", str(folder)])
    return DemoRun(folder=folder, code=code, out=out.getvalue(), err=err.getvalue(), noise=noise)


@pytest.fixture(scope="session")
def calibrated() -> NoiseCalibration:
    """What the captures of a known camera say, for all tests of what is written of it."""
    from tests.calibration.written_captures import captures

    return calibrate_captures(captures(), with_defects=True)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """A ramp in three PNG at -3, 0 and 2 EV, times not noted."""
    light = torch.linspace(0.02, 4.0, 120).expand(1, 3, 30, 120)
    paths = []
    for i, ev in enumerate((-3, 0, 2)):
        path = tmp_path / f"p{i}.png"
        write_picture(path, codes_of(light, ev, Response.srgb()))
        paths.append(path)
    return paths
