"""Run, check and time a bundle of graphs with numpy and onnxruntime alone: `python run.py`."""

import gc
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

# ---------------------------------------------------------------------------------------------
# Errors: one sentence each, and the exit code that the command line gives for it.


class RunError(Exception):
    """A bundle, an input, a provider or an output is not as it must be."""

    exit_code = 3


class UsageError(RunError):
    """An argument is wrong, whatever the files hold."""

    exit_code = 2


class CheckError(RunError):
    """It ran, but a check failed: correctness, or a budget."""

    exit_code = 1


# ---------------------------------------------------------------------------------------------
# The latency protocol. `fullwell bench` imports these functions, so that both time alike.

P90_FRAMES = 64  # frames_needed(0.90): one outlier discarded, confidence 99 %
P99_FRAMES = 662  # frames_needed(0.99)
DEFAULT_FRAMES = 1000
LEAST_SECONDS = 10.0  # a run without --frames lasts at least this long
MOST_FRAMES = 10_000  # ... unless frames are so quick that the list of them would be the result
QUICK_FRAMES = 64
ROTATED = 8  # different inputs, taken in turn

Work = Callable[[int], object]


class HostClock:
    """The clock of the host; a test puts its own in its place.

    Waiting sleeps and never spins: between two frames of a camera the processor is idle too, and
    what waking costs is part of the latency.
    """

    def now_ns(self) -> int:
        """Nanoseconds from an arbitrary moment."""
        return time.perf_counter_ns()

    def wait_until_ns(self, moment_ns: int) -> None:
        """Sleep until `now_ns` is at least `moment_ns`."""
        while True:
            left_ns = moment_ns - self.now_ns()
            if left_ns <= 0:
                return
            time.sleep(left_ns * 1e-9)


def nearest_rank(values: Sequence[float], quantile: float) -> float:
    """The value of rank ceil(quantile x n): one that was observed, never one in between.

    >>> nearest_rank([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    # 0.9 x 10 is 9.000000000000002 in some orders of multiplying: a hair is no further rank.
    return ordered[max(0, math.ceil(quantile * len(ordered) - 1e-9) - 1)]


def frames_needed(quantile: float, discarded: int = 1, confidence: float = 0.99) -> int:
    """Fewest frames of which all but the `discarded` largest bound a quantile from above.

    That is the smallest n with 1 - P(Binomial(n, 1 - quantile) <= discarded) >= confidence.

    >>> frames_needed(0.99), frames_needed(0.90), frames_needed(0.99, discarded=0)
    (662, 64, 459)
    """
    n = discarded + 1
    while 1.0 - _binomial_cdf(discarded, n, 1.0 - quantile) < confidence:
        n += 1
    return n


def p99_upper(frames_ms: Sequence[float], confidence: float = 0.99) -> Optional[float]:
    """Upper bound of the 99th percentile that holds with `confidence`, an order statistic.

    None below 662 frames. The bound is the smallest frame that has few enough above it: the
    second largest of 662, the third largest of 1000.
    """
    n = len(frames_ms)
    if n < P99_FRAMES:
        return None
    above = 1
    while 1.0 - _binomial_cdf(above + 1, n, 0.01) >= confidence:
        above += 1
    return sorted(frames_ms)[n - 1 - above]


def _binomial_cdf(most: int, n: int, chance: float) -> float:
    """P(Binomial(n, chance) <= most); by logarithms, since 0.99^n leaves the range of a float."""
    log_hit, log_miss = math.log(chance), math.log1p(-chance)
    total = 0.0
    for k in range(min(most, n) + 1):
        ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        total += math.exp(ways + k * log_hit + (n - k) * log_miss)
    return min(total, 1.0)


def percentiles(frames_ms: Sequence[float]) -> Dict[str, Optional[float]]:
    """What a run's times come to: the keys min_ms ... jitter_ms and fps of a run's record.

    Percentiles are by nearest rank. p90_ms is None below 64 frames, p95_ms, p99_ms, p99_upper_ms
    and jitter_ms (p99 - p50) below 662: too few frames say nothing about them. fps is 1000 / p50.

    Raises UsageError without frames.
    """
    if not frames_ms:
        raise UsageError("no frame was timed, so there are no percentiles")
    values = np.asarray(frames_ms, dtype=np.float64)
    n, p50 = len(values), nearest_rank(frames_ms, 0.50)
    p99 = nearest_rank(frames_ms, 0.99) if n >= P99_FRAMES else None
    return {
        "min_ms": float(values.min()),
        "p50_ms": p50,
        "p90_ms": nearest_rank(frames_ms, 0.90) if n >= P90_FRAMES else None,
        "p95_ms": nearest_rank(frames_ms, 0.95) if n >= P99_FRAMES else None,
        "p99_ms": p99,
        "p99_upper_ms": p99_upper(frames_ms),
        "max_ms": float(values.max()),
        "mean_ms": float(values.mean()),
        "stdev_ms": float(values.std(ddof=1)) if n > 1 else 0.0,
        "iqr_ms": nearest_rank(frames_ms, 0.75) - nearest_rank(frames_ms, 0.25),
        "fps": 1000.0 / p50 if p50 > 0 else None,
        "jitter_ms": None if p99 is None else p99 - p50,
    }


def planned_frames(median_ms: float, asked: Optional[int] = None, quick: bool = False) -> int:
    """How many frames a run takes: those asked for, 64 if quick, else 1000 and at least 10 s."""
    if asked is not None:
        return asked
    if quick:
        return QUICK_FRAMES
    in_ten_seconds = int(LEAST_SECONDS * 1000.0 / max(median_ms, 1e-6))
    return max(DEFAULT_FRAMES, min(in_ten_seconds, MOST_FRAMES))


def warm_up(
    work: Work,
    clock: Optional[HostClock] = None,
    least_frames: int = 10,
    least_s: float = 1.0,
    most_s: float = 60.0,
    window: int = 20,
    tolerance: float = 0.02,
) -> Dict[str, Any]:
    """Run frames until their time is steady; returns frames, seconds, stable and median_ms.

    work: called with the number of the frame, so that it can take its inputs in turn.
    Steady: the medians of two successive windows of 20 frames agree within 2 %, after at least
    10 frames and 1 s. After 60 s it gives up, and `stable` is False.
    """
    clock = clock or HostClock()
    start, frames_ms, is_stable = clock.now_ns(), [], False  # type: int, List[float], bool
    seconds = 0.0
    while not is_stable and seconds < most_s:
        before = clock.now_ns()
        work(len(frames_ms))
        after = clock.now_ns()
        frames_ms.append((after - before) * 1e-6)
        seconds = (after - start) * 1e-9
        n = len(frames_ms)
        if n % window == 0 and n >= max(least_frames, 2 * window) and seconds >= least_s:
            first = float(np.median(frames_ms[-2 * window : -window]))
            second = float(np.median(frames_ms[-window:]))
            is_stable = abs(second - first) <= tolerance * first
    median_ms = float(np.median(frames_ms[-window:]))
    return {
        "frames": len(frames_ms), "seconds": seconds, "stable": is_stable, "median_ms": median_ms,
    }  # fmt: skip


def closed(work: Work, n: int, clock: Optional[HostClock] = None) -> List[float]:
    """Times in ms of n frames, each begun when the one before has ended: the service time.

    Python's garbage collector rests meanwhile, and what was made before is frozen.
    """
    clock = clock or HostClock()
    was_on = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    frames_ms = []
    try:
        for number in range(n):
            before = clock.now_ns()
            work(number)
            frames_ms.append((clock.now_ns() - before) * 1e-6)
    finally:
        if was_on:
            gc.enable()
        gc.unfreeze()
    return frames_ms


def cadence(
    work: Work,
    n: int,
    fps: float,
    in_flight: int = 2,
    deadline_ms: Optional[float] = None,
    clock: Optional[HostClock] = None,
) -> Dict[str, Any]:
    """Frames that arrive as from a camera, at t0 + i / fps, whatever the work takes.

    n: frames that arrive. in_flight: how many may wait beside the one being worked on; a further
        one pushes the oldest out. deadline_ms: by default one period.
    The work is done one frame at a time, so which frames wait, and which are pushed out, follows
    from the times at which frames end: nothing runs beside the work that is timed.

    Returns frames_ms (end of the work less INTENDED arrival, for the frames that were not
    dropped), services_ms (end less begin), dropped, deadline_ms, deadline_misses (dropped ones
    too), fps_asked, in_flight, sustained_fps (1000 / mean service) and two verdicts:
    latency_verdict: "met" when the upper bound of the p99 keeps the deadline, a dropped frame
        counted as endlessly late; "missed" when the p99 itself does not; else "not shown", as for
        fewer than 662 frames.
    rate_verdict: "kept" when no frame was dropped and the mean service fits the period; else
        "not kept".

    Raises UsageError for a rate, a queue or a number of frames that is not positive.
    """
    if not fps > 0 or in_flight < 1 or n < 1:
        raise UsageError("a cadence needs a positive rate, one frame in flight and one frame")
    clock = clock or HostClock()
    period_ms = 1000.0 / fps
    deadline_ms = period_ms if deadline_ms is None else deadline_ms
    frames_ms: List[float] = []
    services_ms: List[float] = []
    dropped, arrived = 0, 0
    waiting: List[int] = []
    start = clock.now_ns()
    arrivals = [start + round(i * 1e9 / fps) for i in range(n)]
    while waiting or arrived < n:
        if not waiting:
            clock.wait_until_ns(arrivals[arrived])
        now = clock.now_ns()
        while arrived < n and arrivals[arrived] <= now:
            waiting.append(arrived)
            arrived += 1
        lost = max(0, len(waiting) - in_flight)
        dropped, waiting = dropped + lost, waiting[lost:]
        number = waiting.pop(0)
        begun = clock.now_ns()
        work(number)
        ended = clock.now_ns()
        services_ms.append((ended - begun) * 1e-6)
        frames_ms.append((ended - arrivals[number]) * 1e-6)
    misses = dropped + sum(1 for latency in frames_ms if latency > deadline_ms)
    mean_ms = sum(services_ms) / len(services_ms)
    return {
        "frames_ms": frames_ms,
        "services_ms": services_ms,
        "fps_asked": fps,
        "in_flight": in_flight,
        "dropped": dropped,
        "deadline_ms": deadline_ms,
        "deadline_misses": misses,
        "sustained_fps": 1000.0 / mean_ms if mean_ms > 0 else None,
        "latency_verdict": _latency_verdict(frames_ms + [math.inf] * dropped, deadline_ms),
        "rate_verdict": "kept" if not dropped and mean_ms <= period_ms else "not kept",
    }


def _latency_verdict(frames_ms: Sequence[float], deadline_ms: float) -> str:
    bound = p99_upper(frames_ms)
    if bound is None:
        return "not shown"
    if bound <= deadline_ms:
        return "met"
    return "missed" if nearest_rank(frames_ms, 0.99) > deadline_ms else "not shown"


def run_record(
    stage: str,
    variant: str,
    provider: str,
    precision: str,
    size: Tuple[int, int],
    load: str,
    threads: int,
    frames_ms: Sequence[float],
    cold_ms: Optional[Mapping[str, float]] = None,
    warm: Optional[Mapping[str, Any]] = None,
    nodes_by_provider: Optional[Mapping[str, int]] = None,
    peak_memory_bytes: Optional[int] = None,
    copies_ms: Optional[Mapping[str, float]] = None,
    quality: Optional[Mapping[str, float]] = None,
    parity: Optional[Mapping[str, float]] = None,
    model_sha256: Optional[str] = None,
    camera: Optional[Mapping[str, Any]] = None,
) -> Dict[str, Any]:
    """One run as the JSON holds it, percentiles worked out.

    stage: "whole", or the name of a graph or stage. size: height, width. load: closed or cadence.
    cold_ms: session, first_run. warm: what `warm_up` returned. camera: what `cadence` returned;
        its counts and verdicts are taken, `frames_ms` must be its own.
    """
    pixels = size[0] * size[1]
    figures = percentiles(frames_ms)
    p50 = figures["p50_ms"]
    record: Dict[str, Any] = {
        "stage": stage,
        "variant": variant,
        "provider": provider,
        "nodes_by_provider": None if nodes_by_provider is None else dict(nodes_by_provider),
        "precision": precision,
        "size": [int(size[0]), int(size[1])],
        "load": load,
        "threads": threads,
        "n": len(frames_ms),
        "frames_ms": [float(f"{value:.6g}") for value in frames_ms],
    }
    record.update(figures)
    record["megapixels_per_s"] = pixels / 1e3 / p50 if p50 else None
    record.update(
        cold_ms=None if cold_ms is None else dict(cold_ms),
        warm_up=None if warm is None else {k: warm[k] for k in ("frames", "seconds", "stable")},
        peak_memory_bytes=peak_memory_bytes,
        copies_ms=None if copies_ms is None else dict(copies_ms),
        quality=None if quality is None else dict(quality),
        parity=None if parity is None else dict(parity),
        model_sha256=model_sha256,
    )
    if camera is not None:
        names = (
            "fps_asked", "in_flight", "dropped", "deadline_ms", "deadline_misses",
            "sustained_fps", "latency_verdict", "rate_verdict",
        )  # fmt: skip
        record.update({name: camera[name] for name in names})
    return record


# ---------------------------------------------------------------------------------------------
# What a time was measured on.

VARIABLES = re.compile(r"(OMP|MKL|OPENBLAS|CUDA|KMP|GOMP|ORT)_\w+")
GPU_FACTS = ("name", "driver_version", "memory.total")
GPU_STATE = (
    "clocks.sm", "clocks.mem", "temperature.gpu", "power.draw", "power.limit",
    "clocks_throttle_reasons.active",
)  # fmt: skip


def environment() -> Dict[str, Any]:
    """The machine, the libraries and the load at this moment: no host, no user, no path.

    What cannot be known is None. `gpu` is a list of cards as nvidia-smi tells them.
    """
    found: Dict[str, Any] = {
        "cpu": _processor(),
        "cores_allowed": _cores_allowed(),
        "governor": _governor(),
        "ram_bytes": _ram_bytes(),
        "os": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "container": _in_container(),
        "gpu": gpu_facts(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "onnxruntime": None,
        "providers_available": None,
        "variables": {k: v for k, v in sorted(os.environ.items()) if _is_plain(k, v)},
        "load_average_at_start": _load_average(),
        "clock_step_ns": _clock_step_ns(),
    }
    try:
        import onnxruntime
    except ImportError:
        return found
    found["onnxruntime"] = onnxruntime.__version__
    found["providers_available"] = list(onnxruntime.get_available_providers())
    return found


def _is_plain(name: str, value: str) -> bool:
    """Whether a variable bears on speed and its value is no path."""
    return VARIABLES.fullmatch(name) is not None and re.search(r"[/\\]", value) is None


def _first_match(path: str, pattern: str) -> Optional[str]:
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(pattern, text, re.MULTILINE)
    return None if match is None else match.group(1).strip()


def _processor() -> str:
    named = _first_match("/proc/cpuinfo", r"^model name\s*:\s*(.+)$")
    # A Jetson's /proc/cpuinfo has no model name, but the device tree says the board.
    board = named or _first_match("/proc/device-tree/model", r"([^\x00]+)")
    return board or platform.processor() or platform.machine()


def _cores_allowed() -> Optional[int]:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not a Linux
        return os.cpu_count()


def _governor() -> Optional[str]:
    return _first_match("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", r"(\S+)")


def _ram_bytes() -> Optional[int]:
    total = _first_match("/proc/meminfo", r"^MemTotal:\s*(\d+) kB")
    return None if total is None else int(total) * 1024


def _in_container() -> Optional[bool]:
    if platform.system() != "Linux":
        return None
    marks = ("/.dockerenv", "/run/.containerenv")
    groups = _first_match("/proc/1/cgroup", r"(docker|kubepods|containerd|lxc)")
    return groups is not None or any(Path(mark).exists() for mark in marks)


def _load_average() -> Optional[float]:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def _clock_step_ns() -> int:
    """Median of the smallest steps that the clock shows."""
    steps = []
    for _ in range(101):
        before = time.perf_counter_ns()
        after = time.perf_counter_ns()
        while after == before:
            after = time.perf_counter_ns()
        steps.append(after - before)
    return int(np.median(steps))


def gpu_facts() -> Optional[List[Dict[str, str]]]:
    """Name, driver and memory of each card by nvidia-smi; None where there is none."""
    return _ask_nvidia_smi(GPU_FACTS)


def gpu_state() -> Optional[List[Dict[str, str]]]:
    """Clocks, temperature, power and what throttles each card, before and after a run."""
    return _ask_nvidia_smi(GPU_STATE)


def _ask_nvidia_smi(names: Sequence[str]) -> Optional[List[Dict[str, str]]]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "--query-gpu=" + ",".join(names), "--format=csv,noheader"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode:
        return None
    rows = [line.split(",") for line in done.stdout.decode("utf-8", "replace").splitlines()]
    return [dict(zip(names, (cell.strip() for cell in row))) for row in rows if row] or None


def peak_memory_bytes() -> Optional[int]:
    """Most memory that this process has held at once, in bytes."""
    try:
        import resource
    except ImportError:  # not a Unix
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)
