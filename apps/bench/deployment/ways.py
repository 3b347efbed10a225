"""Every way to develop a frame of a preset: stage by stage, compiled, as one graph or several."""

import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from apps.bench.deployment.turns import in_turns
from apps.bench.latency.graphs import openvino_graph
from apps.bench.latency.pipelines import COMPILE, FUSED, variant_of
from apps.deploy.cpu_session import Array, cpu_session, run
from apps.deploy.export_request import ExportRequest, frames_of
from apps.deploy.parity import decibels, feeds
from apps.deploy.stage_graph import DATA
from apps.deploy.tracing import Traced, asked_pipeline, trace
from isp.core.errors import CheckError
from isp.core.frame import Frame

CAMERA, ISO = "SonyA7S2", 1600.0
# Preset, height and width, frames of each way.
TIMED = (
    ("srgb_fast", (480, 640), 64),
    ("srgb_fast", (1080, 1920), 15),
    ("lowlight", (480, 640), 24),
    ("lowlight", (1080, 1920), 5),
)
WARM = 2
LEAST_DB, LEAST_DB_BF16 = 80.0, 40.0  # against torch eager; below it there is no time
PICTURE = ("picture",)
MASKS = ("measured_out", "clipped_out")
Way = Callable[[], Array]
Found = dict[str, dict[str, Any]]


def ways_in_turns(preset: str, size: tuple[int, int], frames: int) -> Found:
    """Median CPU ms of each way, one thread, its PSNR from torch eager in dB, the system's share.

    A way in bf16 that is below 40 dB has no time.

    Raises CheckError where a way in float32 gives another picture, MissingError without OpenVINO.
    """
    with tempfile.TemporaryDirectory() as folder:
        ways = _ways(preset, size, Path(folder))
        return timed_ways(ways, frames)


def timed_ways(ways: Mapping[str, Way], frames: int) -> Found:
    """Check each way against the first, and time those that are right in turns.

    Of the CPU's time, which other processes beside it lengthen little: wall time they double.

    Raises CheckError.
    """
    wanted = next(iter(ways.values()))()
    found: Found = {}
    for name, way in ways.items():
        psnr = decibels(way(), wanted)
        found[name] = {"psnr_db": psnr}
        if "bf16" not in name and psnr < LEAST_DB:
            raise CheckError(f"{name} is {psnr:.0f} dB from torch eager, below {LEAST_DB:g}")
    right = [n for n, row in found.items() if row["psnr_db"] >= LEAST_DB_BF16]
    system: dict[str, list[float]] = {name: [] for name in right}
    noted = [_noting(ways[name], system[name]) for name in right]
    times = in_turns(noted, frames, warm=WARM, clock=time.process_time)
    for name, taken in zip(right, times, strict=True):
        found[name]["p50_ms"] = median(taken)
        found[name]["system_share"] = 1e3 * median(system[name][WARM:]) / median(taken)
    return found


def _noting(way: Way, system: list[float]) -> Way:
    """The way, and what the system took of its CPU seconds: handing out memory is not its work."""

    def call() -> Array:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_stime
        picture = way()
        system.append(resource.getrusage(resource.RUSAGE_SELF).ru_stime - before)
        return picture

    return call


def _ways(preset: str, size: tuple[int, int], folder: Path) -> dict[str, Way]:
    request = ExportRequest(what=(preset,), camera=CAMERA, iso=ISO)
    frames = frames_of(request)
    pipeline, frame = asked_pipeline(request, frames), frames(*size, 1)
    variants = {name: variant_of(pipeline, name) for name in (COMPILE, FUSED)}
    [graph] = trace(request, frames, pipeline)
    staged = trace(replace(request, staged=True), frames, pipeline)
    session, given = cpu_session(graph.model, threads=1), feeds(graph.plan, frame)
    place = folder / "graph.onnx"
    place.write_bytes(graph.model.SerializeToString())
    whole, coarse = (openvino_graph(place, name, threads=1) for name in ("fp32", "bf16"))
    return {
        "torch eager, stage by stage": lambda: pipeline.develop(frame).data.numpy(),
        "torch.compile, stage by stage": lambda: variants[COMPILE].develop(frame).data.numpy(),
        "ONNX Runtime, a graph a stage, with masks": _chain(staged, frame),
        "ONNX Runtime, one graph, with masks": lambda: run(session, given, (*PICTURE, *MASKS))[0],
        "ONNX Runtime, one graph": lambda: run(session, given, PICTURE)[0],
        "OpenVINO, one graph": lambda: whole.run(given, PICTURE)["picture"],
        "OpenVINO, one graph, bf16": lambda: coarse.run(given, PICTURE)["picture"],
        "fullwell's compiled pass": lambda: variants[FUSED].develop(frame).data.numpy(),
    }


def _chain(staged: Sequence[Traced], frame: Frame) -> Way:
    """Graphs one after the other: picture and masks of each go into the next."""
    sessions = [cpu_session(graph.model, threads=1) for graph in staged]
    values, now = [], frame
    for graph in staged:
        values.append(feeds(graph.plan, now))
        now = graph.plan.module.stages[0].develop(now)  # type: ignore[operator]  # a stage's
    start = {name: values[0][name] for name in DATA}

    def chain() -> Array:
        kept = start
        for session, given in zip(sessions, values, strict=True):
            made = run(session, {**given, **kept}, (*PICTURE, *MASKS))
            kept = dict(zip(DATA, made, strict=True))
        return kept[DATA[0]]

    return chain
