"""Work timed frame by frame in turns, so that noise of the machine meets all alike."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from apps.bench.latency.comparison import compare
from apps.deploy.export_request import ExportRequest, frames_of
from apps.deploy.runtime import run_record
from apps.deploy.tracing import asked_pipeline
from isp.fused.plan import fuse

PRESET, CAMERA, ISO = "srgb_fast", "SonyA7S2", 1600.0
SIZE = (480, 640)
RERUN_FRAMES, WARM = 1500, 20
PLANTED = 0.10  # of the time, waited at the end of a frame
Way = Callable[[], Any]


def rerun_in_turns() -> dict[str, Any]:
    """The compiled pass, itself again, and itself with a planted slowdown, and the verdicts."""
    way = _compiled_pass()
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


def _compiled_pass() -> Way:
    request = ExportRequest(what=(PRESET,), camera=CAMERA, iso=ISO)
    frames = frames_of(request)
    fused, frame = fuse(asked_pipeline(request, frames)), frames(*SIZE, 1)
    return lambda: fused.develop(frame).data.numpy()


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
