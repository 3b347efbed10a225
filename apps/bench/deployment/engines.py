"""The raw denoiser on a CPU by every engine at hand, in turns, one thread, the same graph."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch

from apps.bench.deployment.turns import in_turns
from apps.bench.latency.graphs import openvino_graph
from apps.deploy.cpu_session import Array, cpu_session, run
from apps.deploy.example_frames import led_in
from apps.deploy.export_request import ExportRequest, frames_of
from apps.deploy.parity import decibels, feeds
from apps.deploy.tracing import Traced, asked_pipeline, trace
from isp.core.domain import Domain
from isp.core.errors import CheckError
from isp.core.frame import Frame
from isp.core.stage import Stage

CAMERA, ISO = "SonyA7S2", 1600.0
MODELS = ("fw-5k", "fw-100k", "fw-1m")
SIDE, ROUNDS = 1024, 7
LEAST_DB = {"float32": 100.0, "bfloat16": 40.0}  # against torch eager, or there is no time
PICTURE = ("picture",)  # the masks are not timed
Engine = Callable[[], Array]


def engine_times(model: str) -> dict[str, dict[str, float]]:
    """By engine: CPU seconds a megapixel, median of rounds in turns, and PSNR against eager.

    Raises MissingError without OpenVINO, CheckError for an engine that gives another picture.
    """
    request = ExportRequest(
        what=("exposure_diffusion",), camera=CAMERA, iso=ISO,
        settings=[("exposure_diffusion", "model", model)],
    )  # fmt: skip
    frames = frames_of(request)
    [graph] = trace(request, frames, asked_pipeline(request, frames))
    engines = _engines(graph, led_in(frames(SIDE, SIDE, 3), Domain.MOSAIC))
    wanted = engines["torch eager"]()
    found: dict[str, dict[str, float]] = {}
    for name, engine in engines.items():
        psnr = decibels(engine(), wanted)
        least = LEAST_DB["bfloat16" if "bf16" in name else "float32"]
        if psnr < least:
            raise CheckError(f"{name} is {psnr:.0f} dB from torch eager, below {least:g}")
        found[name] = {"psnr_db": psnr}
    # The check has warmed them up.
    times = in_turns(list(engines.values()), ROUNDS, warm=0, clock=time.process_time)
    for name, taken in zip(engines, times, strict=True):
        found[name]["cpu_s_per_mp"] = median(taken) / 1e3 / (SIDE * SIDE / 1e6)
    return found


def _engines(graph: Traced, frame: Frame) -> dict[str, Engine]:
    stage = graph.plan.module.stages[0]
    assert isinstance(stage, Stage)
    inputs, given = stage.inputs(frame), feeds(graph.plan, frame)
    compiled: Any = torch.compile(stage)

    def eager(run: Any, half: bool) -> Engine:
        def call() -> Array:
            kind = torch.bfloat16
            with torch.inference_mode(), torch.autocast("cpu", kind, enabled=half):
                picture: Array = run(*inputs).float().numpy()
                return picture

        return call

    session = cpu_session(graph.model, threads=1)
    return {
        "torch eager": eager(stage, half=False),
        "torch.compile": eager(compiled, half=False),
        "torch eager, bf16": eager(stage, half=True),
        "ONNX Runtime": lambda: run(session, given, PICTURE)[0],
        "OpenVINO": _openvino(graph, given, "fp32"),
        "OpenVINO, bf16": _openvino(graph, given, "bf16"),
    }


def _openvino(graph: Traced, given: dict[str, Array], precision: str) -> Engine:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "graph.onnx"
        place.write_bytes(graph.model.SerializeToString())
        made = openvino_graph(place, precision, threads=1)
        made.run(given, PICTURE)  # reads the file
    return lambda: made.run(given, PICTURE)["picture"]
