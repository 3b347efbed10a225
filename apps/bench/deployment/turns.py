"""Ways to develop one frame, timed frame by frame in turns, so that noise meets all alike."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from apps.bench.latency.comparison import compare
from apps.deploy.cpu_session import cpu_session, run
from apps.deploy.export_request import ExportRequest, frames_of
from apps.deploy.parity import feeds
from apps.deploy.runtime import run_record
from apps.deploy.tracing import asked_pipeline, trace
from isp.core.errors import CheckError
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


def in_turns(
    ways: Sequence[Way],
    frames: int,
    *,
    warm: int = WARM,
    clock: Callable[[], float] = time.perf_counter,
) -> list[list[float]]:
    """Milliseconds of each way's frames; one frame of each, then the next of each.

    warm: frames of each before. clock: in seconds; `time.process_time` counts this process alone.
    """
    for way in ways:
        for _ in range(warm):
            way()
    times: list[list[float]] = [[] for _ in ways]
    for number in range(frames):
        # Who comes first changes, so that nobody always finds the caches as another left them.
        for place in range(len(ways)):
            which = (place + number) % len(ways)
            start = clock()
            ways[which]()
            times[which].append((clock() - start) * 1e3)
    return times


def _ways() -> dict[str, Way]:
    request = ExportRequest(what=(PRESET,), camera=CAMERA, iso=ISO)
    frames = frames_of(request)
    pipeline, frame = asked_pipeline(request, frames), frames(*SIZE, 1)
    fused = fuse(pipeline)
    [graph] = trace(request, frames, pipeline)
    session, given = cpu_session(graph.model, threads=1), feeds(graph.plan, frame)
    return {
        "torch eager, stage by stage": lambda: pipeline.develop(frame).data.numpy(),
        "ONNX Runtime, one graph, no masks": lambda: run(session, given, ("picture",))[0],
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
