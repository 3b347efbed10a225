"""Ways to develop one frame, timed frame by frame in turns, so that noise meets all alike."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from apps.bench.latency.comparison import compare
from apps.deploy.example_frames import simulated_frames
from apps.deploy.export_request import ExportRequest, pipeline_of
from apps.deploy.exporting import EXPORT_SIZE
from apps.deploy.onnx_graph import onnx_graph
from apps.deploy.parity import Array, feeds
from apps.deploy.runtime import run_record
from apps.deploy.stage_graph import stage_graph
from isp.core.errors import CheckError
from isp.files.profile import load_profile
from isp.fused.plan import fuse

PRESET, CAMERA, ISO = "srgb_fast", "SonyA7S2", 1600.0
SIZE = (480, 640)
FRAMES, RERUN_FRAMES, WARM = 64, 1500, 20
PLANTED = 0.10  # of the time, waited at the end of a frame
LIMIT = 2e-4  # of white between two ways: half a code of 8 bits is ten times that
Way = Callable[[], Any]


def ways_in_turns() -> dict[str, Any]:
    """Median milliseconds of torch eager, ONNX Runtime and our compiled pass.

    Raises CheckError where two ways do not give the same picture.
    """
    ways = _ways()
    pictures = {name: np.asarray(way()) for name, way in ways.items()}
    wanted = pictures["torch eager, stage by stage"]
    away = {name: float(np.abs(p - wanted).max()) for name, p in pictures.items()}
    wrong = [name for name, value in away.items() if not value <= LIMIT]
    if wrong:
        raise CheckError(f"{', '.join(wrong)} give another picture than torch eager")
    times = in_turns(list(ways.values()), FRAMES)
    return {
        name: {"p50_ms": median(taken), "largest_difference": away[name]}
        for name, taken in zip(ways, times, strict=True)
    }


def rerun_in_turns() -> dict[str, Any]:
    """The compiled pass, itself again, and itself with a planted slowdown, and the verdicts."""
    way = _ways()["fullwell's compiled pass"]
    seen: list[float] = []

    def slower() -> None:
        start = time.perf_counter()
        way()
        taken = time.perf_counter() - start
        seen.append(taken)
        until = time.perf_counter() + PLANTED * median(seen[-101:])
        while time.perf_counter() < until:
            pass

    first, again, slow = (_result(t) for t in in_turns([way, way, slower], RERUN_FRAMES))
    return {
        "medians_ms": [r["runs"][0]["p50_ms"] for r in (first, again, slow)],
        "again": _judged(first, again),
        "slower": _judged(first, slow),
    }


def in_turns(ways: Sequence[Way], frames: int) -> list[list[float]]:
    """Milliseconds of each way's frames; one frame of each, then the next of each."""
    for way in ways:
        for _ in range(WARM):
            way()
    times: list[list[float]] = [[] for _ in ways]
    for number in range(frames):
        # Who comes first changes, so that nobody always finds the caches as another left them.
        for place in range(len(ways)):
            which = (place + number) % len(ways)
            start = time.perf_counter()
            ways[which]()
            times[which].append((time.perf_counter() - start) * 1e3)
    return times


def _ways() -> dict[str, Way]:
    import onnxruntime

    frames = simulated_frames(load_profile(CAMERA), ISO)
    frame = frames(*SIZE, 1)
    request = ExportRequest(what=(PRESET,))
    pipeline = pipeline_of(request, frame)
    fused = fuse(pipeline)
    plan = stage_graph(pipeline.stages, frames(*EXPORT_SIZE, 0))
    content = onnx_graph(plan, static=False, metadata={}).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    taken = {node.name for node in session.get_inputs()}
    given = {name: value for name, value in feeds(plan, frame).items() if name in taken}
    only = onnxruntime.RunOptions()
    only.only_execute_path_to_fetches = True

    def onnx() -> Array:
        return np.asarray(session.run(["picture"], given, only)[0])

    return {
        "torch eager, stage by stage": lambda: pipeline.develop(frame).data.numpy(),
        "ONNX Runtime, one graph, no masks": onnx,
        "fullwell's compiled pass": lambda: fused.develop(frame).data.numpy(),
    }


def _result(times: Sequence[float]) -> dict[str, Any]:
    run = run_record("whole", "fused", "torch cpu", "fp32", SIZE, "closed", 1, times)
    return {"environment": {}, "runs": [run | {"turns": "rerun"}]}


def _judged(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "statistic": "median" if row.quantile == 0.5 else "p99", "ratio": row.ratio,
            "low": row.low, "high": row.high, "verdict": row.verdict,
        }
        for row in compare(old, new).rows
    ]  # fmt: skip
