"""Run, check and time a bundle of graphs with numpy and onnxruntime alone: `python run.py`."""

import argparse
import gc
import hashlib
import importlib.metadata
import io
import json
import math
import os
import platform
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

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
NDArray = np.ndarray


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
        its counts, verdicts and rate (as fps) are taken, `frames_ms` must be its own.
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
        # 1000 / p50 of latencies is no rate, since they overlap.
        rate = camera["sustained_fps"]
        record.update(fps=rate, megapixels_per_s=pixels / 1e6 * rate if rate else None)
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


# ---------------------------------------------------------------------------------------------
# A graph's own protobuf, read as far as is needed to say what it may do. Source: onnx.proto of
# ONNX 1.15 for the numbers of the fields; the protocol buffers encoding guide for the bytes.

IR_VERSIONS = range(7, 10)
OPSETS = range(13, 21)
STANDARD = ("", "ai.onnx")  # two names of the one domain whose operators may be used
DEEPEST = 16  # graphs in graphs

# What a graph may be made of: arithmetic on tensors, and the choice between two branches. Nothing
# here draws, loops without end, reads a file or runs code of somebody else.
ALLOWED_OPERATORS = frozenset(
    """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization
    BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil CenterCropPad Celu Clip
    Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT
    DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike
    Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater
    GreaterOrEqual GridSample GroupNormalization HardSigmoid HardSwish Identity If
    InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
    MatMul MatMulInteger Max MaxPool Mean Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow
    QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
    Resize Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax
    Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh ThresholdedRelu Tile TopK
    Transpose Trilu Unique Unsqueeze Where Xor
    """.split()  # noqa: SIM905  # a hundred quoted names would hide what is missing
)

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
Field = Tuple[int, Any]  # number; an int of a varint, else the bytes


def _varint(data: memoryview, at: int) -> Tuple[int, int]:
    """A number of 7 bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise RunError("its protobuf ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), at
    raise RunError("its protobuf holds a number of more than ten bytes")


def protobuf_fields(data: memoryview) -> Iterator[Field]:
    """Number and content of each field of a message, in the order of the bytes.

    Raises RunError for what is no protobuf, and for groups, which ONNX never writes.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise RunError("its protobuf holds a group, which ONNX does not write")
        if number == 0 or at + length > len(data):
            raise RunError("its protobuf is cut short")
        yield number, data[at : at + length]
        at += length


def _messages(fields: Sequence[Field], *numbers: int) -> Iterator[memoryview]:
    """The messages among the fields of these numbers; a number where one belongs is refused."""
    for number, value in fields:
        if number in numbers:
            if isinstance(value, int):
                raise RunError(f"field {number} of its protobuf is a number, not a message")
            yield value


def _texts(fields: Sequence[Field], number: int) -> List[str]:
    return [bytes(part).decode("utf-8", "replace") for part in _messages(fields, number)]


class Reach:
    """What of a graph was read: versions, operators, and which inputs an output rests on."""

    def __init__(self) -> None:
        self.operators: Dict[str, int] = {}
        self.makers: Dict[str, Set[str]] = {}  # of a tensor: the tensors that its node takes

    def behind(self, outputs: Sequence[str]) -> Set[str]:
        """Every tensor that these outputs are worked out from, themselves too."""
        seen: Set[str] = set()
        left = list(outputs)
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left.extend(self.makers.get(name, ()))
        return seen


def inspect_model(content: bytes) -> Reach:
    """Read a graph's protobuf and refuse what a bundle's graph may not hold.

    Refused: an ir_version or opset outside the limits, operators of another domain than ONNX's
    own or not in ALLOWED_OPERATORS (in branches too), functions and training graphs of its own,
    and tensors whose values lie outside the file. Each occurrence of a field counts, since
    protobuf lets the last of several win.

    Raises RunError with the reason.
    """
    fields = list(protobuf_fields(memoryview(content)))
    versions = [value for number, value in fields if number == 1]
    if not versions or any(v not in IR_VERSIONS for v in versions):
        raise RunError(f"its ir_version is {versions}, but {_span(IR_VERSIONS)} are taken")
    opsets = list(_messages(fields, 8))
    if not opsets:
        raise RunError("it names no opset")
    for message in opsets:
        _check_opset(list(protobuf_fields(message)))
    if any(True for _ in _messages(fields, 20, 25)):
        raise RunError("it holds functions or training graphs of its own, which are not taken")
    graphs = list(_messages(fields, 7))
    if not graphs:
        raise RunError("it holds no graph")
    reach = Reach()
    for graph in graphs:
        _inspect_graph(graph, reach, 0)
    return reach


def _check_opset(fields: Sequence[Field]) -> None:
    for domain in _texts(fields, 1):
        if domain not in STANDARD:
            raise RunError(
                f'it asks for operators of the domain "{domain}"; only ONNX\'s are taken'
            )
    for version in (value for number, value in fields if number == 2):
        if version not in OPSETS:
            raise RunError(f"its opset is {version}, but {_span(OPSETS)} are taken")


def _span(numbers: range) -> str:
    return f"{numbers[0]} to {numbers[-1]}"


def _inspect_graph(graph: memoryview, reach: Reach, depth: int) -> Set[str]:
    """Check a graph and what it holds; returns the tensors that its nodes take."""
    if depth > DEEPEST:
        raise RunError(f"its graphs lie in each other more than {DEEPEST} deep")
    fields = list(protobuf_fields(graph))
    for tensor in _messages(fields, 5):
        _check_tensor(tensor)
    for sparse in _messages(fields, 15):
        _check_sparse(sparse)
    taken: Set[str] = set()
    for node in _messages(fields, 1):
        taken |= _inspect_node(list(protobuf_fields(node)), reach, depth)
    return taken


def _inspect_node(fields: Sequence[Field], reach: Reach, depth: int) -> Set[str]:
    for domain in _texts(fields, 7):
        if domain not in STANDARD:
            raise RunError(f'it uses an operator of the domain "{domain}"; only ONNX\'s are taken')
    operators = _texts(fields, 4)
    if not operators:
        raise RunError("a node of it names no operator")
    for operator in operators:
        if operator not in ALLOWED_OPERATORS:
            raise RunError(f"it uses the operator {operator}, which is not on the allow-list")
        reach.operators[operator] = reach.operators.get(operator, 0) + 1
    taken = set(_texts(fields, 1))
    for attribute in _messages(fields, 5):
        parts = list(protobuf_fields(attribute))
        for tensor in _messages(parts, 5, 10):
            _check_tensor(tensor)
        for sparse in _messages(parts, 22, 23):
            _check_sparse(sparse)
        for graph in _messages(parts, 6, 11):
            taken |= _inspect_graph(graph, reach, depth + 1)
    for output in _texts(fields, 2):
        reach.makers.setdefault(output, set()).update(taken)
    return taken


def _check_sparse(sparse: memoryview) -> None:
    for tensor in _messages(list(protobuf_fields(sparse)), 1, 2):
        _check_tensor(tensor)


def _check_tensor(tensor: memoryview) -> None:
    """Refuse values that lie elsewhere: a location, or the mark that there is one."""
    for number, value in protobuf_fields(tensor):
        if number == 13 or (number == 14 and value != 0):
            raise RunError("it keeps values in another file (external data), which is not taken")


# ---------------------------------------------------------------------------------------------
# The manifest, field by field.

MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 16 * 2**20
MOST_FILE_BYTES = 2**31 - 1  # what protobuf can hold
MOST_PIXELS = 200_000_000
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DOMAINS = {
    "EXPECTED": 1, "ELECTRONS": 1, "RAW": 1, "MOSAIC": 1, "CAMERA": 3, "LINEAR": 3, "SDR": 3,
    "HDR": 3, "SCENE": 3,
}  # fmt: skip
PRECISIONS = ("fp32", "fp16", "int8")
KINDS = ("picture", "mask", "value", "defects", "place")
MASKS = ("measured", "clipped")
MASK_BITS = {"measured": 1, "clipped": 2}  # of NAME.masks.png, as fullwell writes it

Record = Dict[str, Any]


def read_manifest(folder: Path) -> Record:
    """The manifest of a bundle, every field that is used here checked.

    Raises RunError naming the field and what is wrong with it.
    """
    content = read_plain_file(folder, MANIFEST, MOST_MANIFEST_BYTES)
    try:
        text = content.decode("utf-8")
        manifest = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{MANIFEST}: it is not JSON ({error})") from error
    try:
        _check_manifest(manifest)
    except RunError as error:
        raise RunError(f"{MANIFEST}: {error}") from error
    except (OverflowError, RecursionError) as error:
        raise RunError(f"{MANIFEST}: a number or list in it is out of bounds ({error})") from error
    return dict(manifest)


def _no_twice(pairs: Sequence[Tuple[str, Any]]) -> Record:
    """An object's entries; of two with one name, readers would each take their own."""
    found: Record = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{_shown(key)} occurs twice")
        found[key] = value
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number")


def read_plain_file(folder: Path, name: str, most_bytes: int) -> bytes:
    """The bytes of a regular file right in the folder; what is hashed is what is run.

    Raises RunError for a name that leads elsewhere, a link, and a file over the limit.
    """
    check_plain_name(name)
    path = folder / name
    try:
        # A link would let a bundle name files outside of it; Windows has no such flag.
        # Not waiting: to open a pipe is to wait for its writer.
        handle = os.open(str(path), os.O_RDONLY | _OPENING)
    except OSError as error:
        reason = "it is a link" if path.is_symlink() else error.strerror or str(error)
        raise RunError(f"{name}: it cannot be opened ({reason})") from error
    facts = os.fstat(handle)
    is_plain = stat.S_ISREG(facts.st_mode) and not path.is_symlink()
    if not is_plain or facts.st_size > most_bytes:
        os.close(handle)
        if is_plain:
            raise RunError(
                f"{name}: it has {facts.st_size} bytes, and {most_bytes} at most are expected; it "
                "was changed, or is not the file it should be"
            )
        raise RunError(f"{name}: it is no regular file")
    with os.fdopen(handle, "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise RunError(f"{name}: it is over the limit of {most_bytes} bytes")
    return content


_OPENING = 0
for _flag in (
    "O_NOFOLLOW",
    "O_NONBLOCK",
    "O_BINARY",
):  # which of them there are hangs on the system
    _OPENING |= getattr(os, _flag, 0)


def check_plain_name(name: Any) -> None:
    """Refuse a file name that is anything but a name: folders, "..", drives, odd characters.

    Raises RunError.
    """
    if not isinstance(name, str) or not PLAIN_NAME.fullmatch(name) or ".." in name:
        raise RunError(f"{json.dumps(name)} is no plain file name inside the bundle")


def _need(record: Any, key: str, kind: Any, where: str) -> Any:
    """The value of a key that must be there and of that kind."""
    if not isinstance(record, dict):
        raise RunError(f"{where} must be an object")
    if key not in record:
        raise RunError(f'{where} has no "{key}"')
    value = record[key]
    kinds = kind if isinstance(kind, tuple) else (kind,)
    # In Python true is an int, in a manifest it is none.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise RunError(f'"{key}" of {where} cannot be {_shown(value)}')
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _among(record: Record, key: str, allowed: Iterable[str], where: str) -> str:
    value = _need(record, key, str, where)
    if value not in allowed:
        raise RunError(f'"{key}" of {where} is one of {", ".join(allowed)}, not {_shown(value)}')
    return str(value)


def _at_least(record: Record, key: str, least: int, where: str) -> int:
    value = _need(record, key, int, where)
    if not least <= value <= MOST_PIXELS:
        raise RunError(f'"{key}" of {where} must be at least {least}, not {_shown(value)}')
    return int(value)


def _numbers_of(value: Any, what: str) -> List[float]:
    """All numbers of a number or of lists in lists, finite."""
    if isinstance(value, list):
        return [number for part in value for number in _numbers_of(part, what)]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise RunError(f"{what} cannot be {_shown(value)}")
    return [float(value)]


def _check_manifest(manifest: Any) -> None:
    where = "the manifest"
    if _need(manifest, "format", str, where) != "fullwell-bundle":
        raise RunError(f"it is no bundle of fullwell, its format is {_shown(manifest['format'])}")
    if _need(manifest, "format_version", int, where) != 1:
        raise RunError(f"format_version {manifest['format_version']} is unknown; 1 is read here")
    _need(manifest, "name", str, where)
    _need(manifest, "made_by", dict, where)
    _among(manifest, "precision", PRECISIONS, where)
    _among(manifest, "domain_in", DOMAINS, where)
    _among(manifest, "domain_out", DOMAINS, where)
    size = _need(manifest, "size", (list, type(None)), where)
    if size is not None and (len(size) != 2 or any(not _is_count(side) for side in size)):
        raise RunError(f'"size" is [height, width] or null, not {_shown(size)}')
    _check_files(_need(manifest, "files", dict, where))
    raw = _need(manifest, "raw", (dict, type(None)), where)
    if (raw is None) == (manifest["domain_in"] == "RAW"):
        raise RunError('"raw" is given for domain_in RAW, and null for all others')
    if raw is not None:
        _check_raw(raw)
    if "defects" in manifest:
        _check_defects(_need(manifest, "defects", list, where), '"defects"')
    _check_chain(manifest)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_PIXELS


def _check_files(files: Record) -> None:
    for name, facts in files.items():
        check_plain_name(name)
        if name == MANIFEST:
            raise RunError(f'"files" cannot list {MANIFEST} itself')
        if name.lower().endswith(".data"):
            raise RunError(f"{name}: values outside the graphs are not taken")
        digest = _need(facts, "sha256", str, name)
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise RunError(f'"sha256" of {name} is no SHA-256')
        if not 0 <= _need(facts, "bytes", int, name) <= MOST_FILE_BYTES:
            raise RunError(
                f'"bytes" of {name} is from 0 to {MOST_FILE_BYTES}, not {_shown(facts["bytes"])}'
            )


def _check_raw(raw: Record) -> None:
    where = '"raw"'
    pattern = _need(raw, "pattern", list, where)
    rows = [row for row in pattern if isinstance(row, list) and row]
    is_grid = pattern and len(rows) == len(pattern) and len({len(row) for row in rows}) == 1
    if not is_grid or not all(isinstance(name, str) for row in rows for name in row):
        raise RunError('"pattern" of "raw" must be rows of channel names, all of one length')
    sites = len(pattern) * len(pattern[0])
    if not 1 <= _at_least(raw, "bit_depth", 1, where) <= 32:
        raise RunError(f'"bit_depth" of "raw" cannot be {raw["bit_depth"]}')
    black = _numbers_of(_need(raw, "black_level_dn", list, where), "black_level_dn")
    if len(black) not in (1, sites):
        raise RunError(f'"black_level_dn" has {len(black)} values for {sites} sites')
    for key in ("white_level_dn", "saturation_limit_dn", "floor_dn"):
        _numbers_of(_need(raw, key, (int, float), where), key)
    if raw["white_level_dn"] <= max(black):
        raise RunError(f'"white_level_dn" {raw["white_level_dn"]} is not above black {max(black)}')
    _check_defects(_need(raw, "defects", list, where), f'"defects" of {where}')


def _check_defects(defects: List[Any], what: str) -> None:
    for defect in defects:
        whole = isinstance(defect, list) and len(defect) == 2
        if not whole or any(not (n == 0 or _is_count(n)) for n in defect):
            raise RunError(f"{what} are [row, column], not {_shown(defect)}")


def defects_of(manifest: Record) -> List[List[int]]:
    """Photosites that are never measured: of `raw`, or of a mosaic's bundle its own list."""
    raw = manifest["raw"]
    listed: List[List[int]] = manifest.get("defects", []) if raw is None else raw["defects"]
    return listed


def _check_chain(manifest: Record) -> None:
    """Graphs that follow each other: each takes the domain that the one before gives."""
    graphs = _need(manifest, "graphs", list, "the manifest")
    if not graphs:
        raise RunError('"graphs" is empty')
    files, domain, seen = manifest["files"], manifest["domain_in"], set()  # type: Any, str, Set
    for number, graph in enumerate(graphs):
        where = f"graph {number}"
        file = _need(graph, "file", str, where)
        check_plain_name(file)
        if file not in files or not file.endswith(".onnx") or file in seen:
            raise RunError(f'{where}: "{file}" is not in "files", no .onnx, or used twice')
        seen.add(file)
        if _among(graph, "domain_in", DOMAINS, where) != domain:
            raise RunError(f"{where} takes {graph['domain_in']}, but {domain} comes to it")
        domain = _among(graph, "domain_out", DOMAINS, where)
        _check_graph(graph, where, manifest)
    if domain != manifest["domain_out"]:
        raise RunError(f"the graphs end in {domain}, but domain_out is {manifest['domain_out']}")
    unused = [n for n in files if n.lower().endswith(".onnx") and n not in seen]
    if unused:
        raise RunError(f"{', '.join(unused)}: no graph uses it")


def _check_graph(graph: Record, where: str, manifest: Record) -> None:
    _need(graph, "name", str, where)
    stages = _need(graph, "stages", list, where)
    if not all(isinstance(stage, str) for stage in stages):
        raise RunError(f'"stages" of {where} must be names')
    _at_least(graph, "halo", 0, where)
    _at_least(graph, "aligned", 1, where)
    _at_least(graph, "multiple", 1, where)
    _need(graph, "whole_frame", bool, where)
    names = []
    for given in _need(graph, "inputs", list, where):
        names.append(_need(given, "name", str, f"an input of {where}"))
        _check_input(given, f'input "{names[-1]}" of {where}', manifest)
    if sum(1 for given in graph["inputs"] if given["kind"] == "picture") != 1:
        raise RunError(f"{where} must have one picture among its inputs")
    outputs = _need(graph, "outputs", list, where)
    for given in outputs:
        names.append(_need(given, "name", str, f"an output of {where}"))
        if not 1 <= _at_least(given, "channels", 1, f"output of {where}") <= 64:
            raise RunError(f"{given['channels']} channels of {where} are too many")
    allowed = ["picture"] + [f"{mask}_out" for mask in MASKS]
    if not outputs or outputs[0]["name"] != "picture":
        raise RunError(f'the first output of {where} must be "picture"')
    if any(given["name"] not in allowed for given in outputs) or len(set(names)) != len(names):
        raise RunError(f"the names of {where} are unknown or not all different: {names}")


def _check_input(given: Record, where: str, manifest: Record) -> None:
    kind = _among(given, "kind", KINDS, where)
    if kind in ("picture", "mask"):
        if not 1 <= _at_least(given, "channels", 1, where) <= 64:
            raise RunError(f"{given['channels']} channels of {where} are too many")
        if kind == "mask" and given["name"] not in MASKS:
            raise RunError(f"{where}: a mask is one of {', '.join(MASKS)}")
    elif kind == "value":
        shape = _need(given, "shape", list, where)
        if not all(_is_count(n) for n in shape):
            raise RunError(f'"shape" of {where} cannot be {_shown(shape)}')
        default = given.get("default")
        if default is not None:
            held = len(_numbers_of(default, f'"default" of {where}'))
            if held != int(np.prod(shape, dtype=np.int64)):
                raise RunError(f'"default" of {where} holds {held} numbers for the shape {shape}')
    elif kind == "defects" and manifest["domain_in"] not in ("RAW", "MOSAIC"):
        raise RunError(f"{where}: defects are photosites, which {manifest['domain_in']} has not")


def read_bundle(folder: Path) -> Tuple[Record, Dict[str, bytes], Dict[str, Reach]]:
    """Check a whole bundle; returns the manifest, the graphs' bytes, and what they are made of.

    Every listed file is read once and compared with its size and SHA-256; the bytes that were
    compared are those that are run.

    Raises RunError naming file and reason.
    """
    if not folder.is_dir():
        raise RunError(f"{folder}: there is no such folder")
    manifest = read_manifest(folder)
    for entry in sorted(entry.name for entry in os.scandir(str(folder))):
        if entry.lower().endswith((".onnx", ".data")) and entry not in manifest["files"]:
            raise RunError(f"{entry}: it lies in the bundle, but the manifest does not list it")
    contents: Dict[str, bytes] = {}
    reaches: Dict[str, Reach] = {}
    for name, facts in manifest["files"].items():
        content = read_plain_file(folder, name, facts["bytes"])
        if len(content) != facts["bytes"]:
            raise RunError(f"{name}: it has {len(content)} bytes, the manifest {facts['bytes']}")
        if hashlib.sha256(content).hexdigest() != facts["sha256"]:
            raise RunError(f"{name}: its SHA-256 is not the manifest's; it was changed")
        if name.endswith(".onnx"):
            try:
                reaches[name] = inspect_model(content)
            except RunError as error:
                raise RunError(f"{name}: {error}") from error
            contents[name] = content
    return manifest, contents, reaches


# ---------------------------------------------------------------------------------------------
# Sessions: the provider that was asked for, or an error.

PROVIDERS = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
    "tensorrt": ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
}
MISSING = {
    "cpu": "onnxruntime",
    "cuda": "onnxruntime-gpu in place of onnxruntime, with CUDA and cuDNN",
    "tensorrt": "onnxruntime-gpu in place of onnxruntime, with CUDA, cuDNN and TensorRT",
}


class Settings(NamedTuple):
    """How the graphs are run.

    provider: cpu, cuda or tensorrt. threads: of one operator; None is every core allowed.
    cuda_graph: record the kernels of a frame once and replay them; frames of one size then.
    optimised: False turns ONNX Runtime's rewriting off, for a second opinion on its results.
    profile_prefix: where ONNX Runtime writes what each node did; None is nowhere.
    """

    provider: str = "cpu"
    threads: Optional[int] = None
    cuda_graph: bool = False
    optimised: bool = True
    profile_prefix: Optional[str] = None

    @property
    def threads_used(self) -> int:
        """Threads of one operator, as a number."""
        return self.threads or _cores_allowed() or 1

    @property
    def providers(self) -> List[str]:
        """ONNX Runtime's names, the one asked for first."""
        return PROVIDERS[self.provider]


def onnxruntime_with(provider: str) -> Any:
    """The module onnxruntime, if it has what was asked for.

    Raises UsageError for an unknown provider, RunError naming the library that is missing.
    """
    if provider not in PROVIDERS:
        raise UsageError(f'a provider is one of {", ".join(PROVIDERS)}, not "{provider}"')
    advice = f"install {MISSING[provider]}"
    try:
        import onnxruntime
    except ImportError as error:
        raise RunError(f"onnxruntime is not there; {advice}") from error
    wanted = PROVIDERS[provider][0]
    if wanted not in onnxruntime.get_available_providers():
        raise RunError(f"{provider} was asked for, but onnxruntime has no {wanted}; {advice}")
    return onnxruntime


def open_session(content: bytes, name: str, settings: Settings, precision: str = "fp32") -> Any:
    """A session of the provider that was asked for, which never turns to another by itself.

    cuda and tensorrt were never run: no machine with a GPU was at hand.

    Raises RunError where ONNX Runtime cannot load the graph, or took another provider.
    """
    onnxruntime = onnxruntime_with(settings.provider)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors come as exceptions; warnings are not for users
    options.intra_op_num_threads = settings.threads_used
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    if not settings.optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if settings.profile_prefix is not None:
        options.enable_profiling = True
        options.profile_file_prefix = settings.profile_prefix
    if settings.provider != "cpu" and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # CUDA and cuDNN that came as Python packages
    chosen = _provider_options(content, settings, precision, onnxruntime)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=chosen)
    except Exception as error:
        raise RunError(f"{name}: ONNX Runtime cannot load it ({_first_line(error)})") from error
    session.disable_fallback()
    check_providers(session.get_providers(), settings.provider)
    return session


def check_providers(taken: Sequence[str], provider: str) -> None:
    """Refuse a session that works elsewhere than asked: ONNX Runtime only warns of it.

    Raises RunError naming what is missing.
    """
    wanted = PROVIDERS[provider][0]
    if not taken or taken[0] != wanted:
        raise RunError(
            f"{provider} was asked for, but ONNX Runtime could not load {wanted} and took "
            f"{', '.join(taken) or 'nothing'}; install {MISSING[provider]} of the versions that "
            "it needs"
        )


def _provider_options(
    content: bytes, settings: Settings, precision: str, onnxruntime: Any
) -> List[Any]:
    """ONNX Runtime's list of providers, each with what is set for it.

    What is for cuda and tensorrt was never run: no machine with a GPU was at hand.
    """
    replay = {"enable_cuda_graph": "1"} if settings.cuda_graph else {}
    if settings.provider == "cpu":
        if settings.cuda_graph:
            raise UsageError("a CUDA graph needs the provider cuda or tensorrt")
        return list(settings.providers)
    cuda = ("CUDAExecutionProvider", replay)
    if settings.provider == "cuda":
        return [cuda, "CPUExecutionProvider"]
    cache = str(engine_cache(content, onnxruntime.__version__))
    engine: Dict[str, str] = {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": cache,
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": cache,
        "trt_fp16_enable": "1" if precision == "fp16" else "0",
        "trt_int8_enable": "1" if precision == "int8" else "0",
    }
    if settings.cuda_graph:
        engine["trt_cuda_graph_enable"] = "1"
    return [
        ("TensorrtExecutionProvider", engine),
        ("CUDAExecutionProvider", {}),
        settings.providers[2],
    ]


def engine_cache(content: bytes, onnxruntime_version: str) -> Path:
    """A folder of the user's own for TensorRT engines of this graph on this card.

    An engine fits one card and one set of versions, so the name is a hash of the graph, the
    cards' names and drivers and the versions of ONNX Runtime and TensorRT.
    Never run with TensorRT: no machine with a GPU was at hand.
    """
    try:
        tensorrt_version = importlib.metadata.version("tensorrt")
    except importlib.metadata.PackageNotFoundError:  # it came otherwise than by pip
        tensorrt_version = "unknown"
    parts = [hashlib.sha256(content).hexdigest(), onnxruntime_version, tensorrt_version]
    parts.append(json.dumps(gpu_facts(), sort_keys=True))
    key = hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:32]
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "fullwell" / "engines" / key
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # engines are code: nobody else's
    return folder


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


class Graph:
    """One graph of a bundle with its session.

    facts: its entry in the manifest. On a GPU inputs and outputs are bound there, and stay there
    between graphs; `copies_ns` adds up what copies to and from it took.
    """

    def __init__(
        self,
        facts: Record,
        content: bytes,
        reach: Reach,
        settings: Settings,
        precision: str = "fp32",
        device: Optional[str] = None,
    ) -> None:
        self.facts, self.settings = facts, settings
        self.name, self.file = str(facts["name"]), str(facts["file"])
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.halo, self.whole_frame = int(facts["halo"]), bool(facts["whole_frame"])
        self.multiple = int(facts["multiple"])
        self.step = int(facts["aligned"]) * self.multiple
        self.step //= math.gcd(int(facts["aligned"]), self.multiple)
        self.inputs: List[Record] = list(facts["inputs"])
        self.outputs = {str(o["name"]): int(o["channels"]) for o in facts["outputs"]}
        self.session = open_session(content, self.file, settings, precision)
        self.copies_ns = {"to_device": 0, "from_device": 0}
        # Where arrays are bound; None hands them over as they are, which on the CPU copies nothing.
        self.device = device or (None if settings.provider == "cpu" else "cuda")
        self._reach = reach
        self._replayed: Dict[str, Any] = {}
        self._check_session()
        import onnxruntime

        self._values: Any = onnxruntime.OrtValue
        self._options: Any = onnxruntime.RunOptions()
        self._options.only_execute_path_to_fetches = True

    def _check_session(self) -> None:
        """The graph must take and give what the manifest says.

        Raises RunError.
        """
        for what, told, found in (
            ("inputs", [i["name"] for i in self.inputs], self.session.get_inputs()),
            ("outputs", list(self.outputs), self.session.get_outputs()),
        ):
            if sorted(told) != sorted(node.name for node in found):
                names = ", ".join(node.name for node in found)
                raise RunError(f"{self.file}: its {what} are {names}, not {', '.join(told)}")
            for node in found:
                if node.type != "tensor(float)":
                    raise RunError(f'{self.file}: "{node.name}" is a {node.type}, not float32')
        self._check_shapes()

    def _check_shapes(self) -> None:
        """Channels, shapes of values and the halo are what the graph says of itself.

        Raises RunError.
        """
        shapes = {node.name: list(node.shape) for node in self.session.get_inputs()}
        for given in self.inputs:
            wanted = [given.get("channels", 1)] if given["kind"] != "value" else given["shape"]
            found = shapes[str(given["name"])][1:]
            if given["kind"] in ("picture", "mask", "defects"):
                found = found[:1]
            elif given["kind"] == "place":
                wanted = [4]
            fits = len(found) == len(wanted) and all(
                not isinstance(side, int) or side == other for side, other in zip(found, wanted)
            )
            if not fits:
                raise RunError(f'{self.file}: "{given["name"]}" is {found} there, not {wanted}')
        halo = self.session.get_modelmeta().custom_metadata_map.get("fullwell.halo")
        if halo is not None and halo != str(self.halo):
            raise RunError(f"{self.file}: its halo is {halo}, not {self.halo}")

    def takes(self, outputs: Sequence[str]) -> Set[str]:
        """Names of the inputs that these outputs are worked out from."""
        behind = self._reach.behind(outputs)
        return {str(given["name"]) for given in self.inputs if given["name"] in behind}

    def run(self, feeds: Mapping[str, Any], wanted: Sequence[str]) -> Dict[str, Any]:
        """Arrays (or, bound to a device, values there) of the outputs that are wanted.

        Raises RunError where ONNX Runtime fails.
        """
        try:
            if self.device is None:
                arrays = self.session.run(list(wanted), dict(feeds), self._options)
                self._check_made(feeds, dict(zip(wanted, arrays)))
                return dict(zip(wanted, arrays))
            return self._run_bound(feeds, wanted, self.device)
        except RunError:
            raise
        except Exception as error:
            raise RunError(f"{self.file}: ONNX Runtime failed ({_first_line(error)})") from error

    def _check_made(self, feeds: Mapping[str, Any], made: Mapping[str, NDArray]) -> None:
        """Refuse outputs of another size than the input's, or of other planes than promised."""
        sides = next(feeds[g["name"]].shape[2:] for g in self.inputs if g["kind"] == "picture")
        for name, array in made.items():
            wanted = (1, self.outputs[name], *sides)
            if array.shape != wanted:
                raise RunError(
                    f"{self.file}: its output {name} has the shape {array.shape}, not {wanted}"
                )

    def _run_bound(
        self, feeds: Mapping[str, Any], wanted: Sequence[str], device: str
    ) -> Dict[str, Any]:
        """`run` with inputs and outputs that lie on a device.

        Tried with the device "cpu" only; never run on a GPU: no machine with one was at hand.
        """
        binding = self.session.io_binding()
        begun = time.perf_counter_ns()
        for name, value in feeds.items():
            binding.bind_ortvalue_input(name, self._on_device(name, value, device))
        binding.synchronize_inputs()
        self.copies_ns["to_device"] += time.perf_counter_ns() - begun
        for name in wanted:
            if self.settings.cuda_graph:
                binding.bind_ortvalue_output(name, self._kept_output(name, feeds, device))
            else:
                binding.bind_output(name, device)
        self.session.run_with_iobinding(binding, self._options)
        binding.synchronize_outputs()
        return dict(zip(wanted, binding.get_outputs()))

    def _on_device(self, name: str, value: Any, device: str) -> Any:
        if not self.settings.cuda_graph:
            is_array = isinstance(value, np.ndarray)
            return self._values.ortvalue_from_numpy(value, device, 0) if is_array else value
        # A graph of kernels reads where it read when it was recorded.
        array = value if isinstance(value, np.ndarray) else value.numpy()
        kept = self._replayed.get(name)
        if kept is None:
            kept = self._replayed[name] = self._values.ortvalue_from_numpy(array, device, 0)
        elif list(kept.shape()) != list(array.shape):
            raise RunError(f"{self.file}: a CUDA graph is of one size, that of its first frame")
        else:
            kept.update_inplace(array)
        return kept

    def _kept_output(self, name: str, feeds: Mapping[str, Any], device: str) -> Any:
        if name not in self._replayed:
            picture = next(str(i["name"]) for i in self.inputs if i["kind"] == "picture")
            value = feeds[picture]
            sides = list(value.shape if isinstance(value, np.ndarray) else value.shape())[-2:]
            shape = [1, self.outputs[name], *sides]
            made = self._values.ortvalue_from_shape_and_type(shape, np.float32, device, 0)
            self._replayed[name] = made
        return self._replayed[name]

    def fetched(self, value: Any) -> NDArray:
        """An output as an array of the host."""
        if isinstance(value, np.ndarray):
            return value
        begun = time.perf_counter_ns()
        array = np.asarray(value.numpy())
        self.copies_ns["from_device"] += time.perf_counter_ns() - begun
        return array


# ---------------------------------------------------------------------------------------------
# A frame through the graphs.


class Tile(NamedTuple):
    """A part of a frame with a margin, cut off at the frame's borders: rows, then columns.

    first, end: of what the graph is given. own, own_end: of what counts of its result.
    """

    first: Tuple[int, int]
    own: Tuple[int, int]
    own_end: Tuple[int, int]
    end: Tuple[int, int]

    def cut(self, array: NDArray) -> NDArray:
        """The tile's part of an array of the whole frame, in one piece."""
        rows = slice(self.first[0], self.end[0])
        return np.ascontiguousarray(array[..., rows, self.first[1] : self.end[1]])

    def paint(self, frame: NDArray, result: NDArray) -> None:
        """Put what counts of a tile's result into the frame."""
        (top, left), (row, column), (last, right) = self.first, self.own, self.own_end
        part = result[..., row - top : last - top, column - left : right - left]
        frame[..., row:last, column:right] = part


def tiles(size: Tuple[int, int], side: int, halo: int, step: int) -> List[Tile]:
    """Tiles that cover a frame; their own parts meet and do not overlap.

    side: of a tile's own part, brought down to a multiple of `step`, and up to one step at least.
    halo: margin around it, brought up to a multiple of `step`, as first rows and columns are one.

    >>> [tile[0][0] for tile in tiles((10, 4), 4, 1, 2)]
    [0, 2, 6]
    """
    rows, columns = (_cuts(length, side, halo, step) for length in size)
    return [Tile(*zip(row, column)) for row in rows for column in columns]


def _cuts(length: int, side: int, halo: int, step: int) -> List[Tuple[int, int, int, int]]:
    side = max(side // step, 1) * step
    margin = -(-halo // step) * step
    return [
        (max(at - margin, 0), at, min(at + side, length), min(at + side + margin, length))
        for at in range(0, length, side)
    ]


def tile_notes(bundle: "Bundle", side: Optional[int], size: Sequence[int]) -> List[str]:
    """What a side of tiles does not do or does dearly: graphs of whole frames, wide margins."""
    notes: List[str] = []
    for graph in bundle.graphs if side is not None and max(size) > side else []:
        if graph.whole_frame:
            notes.append(f"{graph.file} takes whole frames, not tiles")
            continue
        area = float(size[0] * size[1])
        cut = tiles((int(size[0]), int(size[1])), int(side or 0), graph.halo, graph.step)
        worked = sum((t.end[0] - t.first[0]) * (t.end[1] - t.first[1]) for t in cut) / area
        if worked > DEAR_TILES:
            notes.append(
                f"{graph.file} needs a margin of {graph.halo} pixels: tiles of {side} work out "
                f"{worked:.1f} times the frame"
            )
    return notes


DEAR_TILES = 2.0  # times the frame


class Result(NamedTuple):
    """picture: float32 (1, c, h, w). measured, clipped: float32 0 or 1, None if not asked for."""

    picture: NDArray
    measured: Optional[NDArray] = None
    clipped: Optional[NDArray] = None


class Bundle:
    """A checked bundle with its sessions; `run` takes a frame through all graphs.

    folder: of the bundle. settings: provider and threads.
    `graphs_ms` holds what each graph took of the last frame, `session_ms` what opening took.

    Raises RunError for a bundle, provider or graph that is not as it must be.
    """

    def __init__(self, folder: Union[str, Path], settings: Optional[Settings] = None) -> None:
        self.settings = settings or Settings()
        onnxruntime_with(self.settings.provider)
        self.manifest, contents, reaches = read_bundle(Path(folder))
        self.precision = str(self.manifest["precision"])
        begun = time.perf_counter_ns()
        self.graphs = [
            Graph(g, contents[g["file"]], reaches[g["file"]], self.settings, self.precision)
            for g in self.manifest["graphs"]
        ]
        self.session_ms = (time.perf_counter_ns() - begun) * 1e-6
        self.graphs_ms: Dict[str, float] = {}
        digests = [graph.sha256 for graph in self.graphs]
        joined = hashlib.sha256("\n".join(digests).encode("ascii")).hexdigest()
        self.sha256 = digests[0] if len(digests) == 1 else joined

    @property
    def channels_in(self) -> int:
        """Planes of the picture that the first graph takes."""
        inputs = self.graphs[0].inputs
        return next(int(given["channels"]) for given in inputs if given["kind"] == "picture")

    def run(
        self,
        raw: NDArray,
        values: Optional[Mapping[str, Sequence[float]]] = None,
        masks: bool = False,
        tile: Optional[int] = None,
    ) -> Result:
        """Take a frame through the graphs.

        raw: (h, w) or (1, c, h, w) in the manifest's domain_in; of RAW, DN with black included.
        values: in place of the defaults of inputs of the kind "value", by name, flat.
        masks: give the masks too. tile: side of a tile's own part in pixels, rounded to what the
            graph's grid asks for; None runs whole frames, as `whole_frame` graphs always do.

        Raises RunError for a frame that does not fit, UsageError for values and tiles.
        """
        picture = self._picture(raw)
        if tile is not None and (tile < 1 or self.manifest["size"] is not None):
            raise UsageError(
                f"tile must be a positive number, and is not for graphs of one size, got {tile}"
            )
        feeds = self.values_of(values or {})
        plan, first = self._plan(MASKS if masks else ())
        frame: Dict[str, Any] = {"picture": picture}
        frame.update(self._first_masks(picture, first))
        size = (int(picture.shape[2]), int(picture.shape[3]))
        for graph, (wanted, taken) in zip(self.graphs, plan):
            begun = time.perf_counter_ns()
            whole = tile is None or graph.whole_frame or max(size) <= tile
            if whole:
                made = graph.run(self._feeds(graph, frame, feeds, taken, size, None), wanted)
            else:
                made = self._tiled(graph, frame, feeds, (wanted, taken), size, int(tile or 0))
            for name, value in made.items():
                frame[name[: -len("_out")] if name.endswith("_out") else name] = value
            self.graphs_ms[graph.name] = (time.perf_counter_ns() - begun) * 1e-6
        last = self.graphs[-1]
        fetched = {name: last.fetched(frame[name]) for name in ("picture", *MASKS) if name in frame}
        return Result(**fetched) if masks else Result(fetched["picture"])

    def _picture(self, raw: NDArray) -> NDArray:
        array = np.asarray(raw)
        if array.dtype.kind not in "biuf":
            raise RunError(f"the input holds {array.dtype}; real numbers are expected")
        array = array[None, None] if array.ndim == 2 else array
        wanted = (1, self.channels_in)
        if array.ndim != 4 or array.shape[:2] != wanted or 0 in array.shape:
            raise RunError(
                f"the input has the shape {np.shape(raw)}, but {wanted[1]} plane(s) of "
                f"{self.manifest['domain_in']} as (1, {wanted[1]}, h, w) are expected"
            )
        sides, fixed = list(array.shape[2:]), self.manifest["size"]
        if fixed is not None and sides != list(fixed):
            raise RunError(f"the input is {sides} pixels, but these graphs take {fixed} only")
        for graph in self.graphs:
            if any(side % graph.multiple for side in sides):
                raise RunError(
                    f"{graph.file} takes heights and widths that are multiples of "
                    f"{graph.multiple}, but the input is {sides}"
                )
        with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite: refused below
            picture = np.ascontiguousarray(array, dtype=np.float32)
        if array.dtype.kind == "f" and not np.isfinite(picture).all():
            raise RunError("the input holds NaN or infinite values")
        return picture

    def values_of(self, given: Mapping[str, Sequence[float]]) -> Dict[str, NDArray]:
        """What each input of the kind "value" is fed, (1, *shape) float32.

        Raises UsageError for a name that no graph has, and for the wrong count of numbers.
        """
        feeds: Dict[str, NDArray] = {}
        for graph in self.graphs:
            for entry in graph.inputs:
                if entry["kind"] != "value":
                    continue
                name, shape = str(entry["name"]), tuple(entry["shape"])
                value = given.get(name, entry.get("default"))
                if value is None:
                    raise UsageError(f"{name} has no default; say it with --set {name}=...")
                array = np.asarray(value, dtype=np.float32).reshape(-1)
                if array.size != int(np.prod(shape, dtype=np.int64)):
                    raise UsageError(f"{name} takes shape {list(shape)}, but got {array.size}")
                if not np.isfinite(array).all():
                    raise UsageError(f"{name} must be finite numbers")
                feeds[name] = array.reshape((1, *shape))
        unknown = sorted(set(given) - set(feeds))
        if unknown:
            known = ", ".join(sorted(feeds)) or "none"
            raise UsageError(f"no graph takes {', '.join(unknown)}; values are: {known}")
        return feeds

    def _plan(self, asked: Sequence[str]) -> Tuple[List[Tuple[List[str], Set[str]]], Set[str]]:
        """For each graph the outputs wanted and the inputs they rest on; masks wanted at first.

        Read backwards: a mask is worked out only if the user or a later graph needs it.
        """
        wants, plan = set(asked), []  # type: Set[str], List[Tuple[List[str], Set[str]]]
        for graph in reversed(self.graphs):
            made = {mask for mask in wants if f"{mask}_out" in graph.outputs}
            wanted = ["picture"] + [f"{mask}_out" for mask in MASKS if mask in made]
            taken = graph.takes(wanted)
            plan.append((wanted, taken))
            wants = (wants - made) | (taken & set(MASKS))
        return plan[::-1], wants

    def _first_masks(self, picture: NDArray, names: Set[str]) -> Dict[str, NDArray]:
        if not names:
            return {}
        measured, clipped = first_masks(picture, self.manifest["domain_in"], self.manifest["raw"])
        if self.manifest["domain_in"] == "MOSAIC":
            rows, columns = picture.shape[2:]
            for row, column in defects_of(self.manifest):
                if row < rows and column < columns:
                    measured[..., row, column] = False
        both = {"measured": measured, "clipped": clipped}
        return {name: both[name].astype(np.float32) for name in names}

    def _feeds(
        self,
        graph: Graph,
        frame: Mapping[str, Any],
        values: Mapping[str, NDArray],
        taken: Set[str],
        size: Tuple[int, int],
        tile: Optional[Tile],
    ) -> Dict[str, Any]:
        """What a graph is fed, of the whole frame or of a tile.

        ONNX Runtime wants every input, so one that nothing wanted rests on is fed zeros.
        """
        top, left = (0, 0) if tile is None else tile.first
        bottom, right = size if tile is None else tile.end
        sides = (bottom - top, right - left)
        feeds: Dict[str, Any] = {}
        for entry in graph.inputs:
            name, kind = str(entry["name"]), entry["kind"]
            if kind == "value":
                feeds[name] = values[name]
            elif kind == "place":
                feeds[name] = np.array([[top, left, size[0], size[1]]], dtype=np.float32)
            elif kind == "defects":
                feeds[name] = self._defects(top, left, sides)
            elif kind == "mask" and name not in taken:
                feeds[name] = np.zeros((1, int(entry["channels"]), *sides), dtype=np.float32)
            else:
                value = frame["picture" if kind == "picture" else name]
                feeds[name] = value if tile is None else tile.cut(graph.fetched(value))
        return feeds

    def _defects(self, top: int, left: int, sides: Tuple[int, int]) -> NDArray:
        plane = np.zeros((1, 1, *sides), dtype=np.float32)
        for row, column in defects_of(self.manifest):
            if top <= row < top + sides[0] and left <= column < left + sides[1]:
                plane[0, 0, row - top, column - left] = 1.0
        return plane

    def _tiled(
        self,
        graph: Graph,
        frame: Mapping[str, Any],
        values: Mapping[str, NDArray],
        plan: Tuple[List[str], Set[str]],
        size: Tuple[int, int],
        side: int,
    ) -> Dict[str, Any]:
        wanted, taken = plan
        whole: Dict[str, NDArray] = {}
        on_host = {name: graph.fetched(value) for name, value in frame.items()}
        for tile in tiles(size, side, graph.halo, graph.step):
            feeds = self._feeds(graph, on_host, values, taken, size, tile)
            for name, value in graph.run(feeds, wanted).items():
                result = graph.fetched(value)
                if name not in whole:
                    whole[name] = np.empty(result.shape[:2] + size, dtype=np.float32)
                tile.paint(whole[name], result)
        return whole


def first_masks(picture: NDArray, domain: str, raw: Optional[Record]) -> Tuple[NDArray, NDArray]:
    """Masks `measured` and `clipped`, bool (1, 1, h, w), or (1, 3, h, w) of CAMERA.

    raw: of a RAW picture, the manifest's: clipped is DN at saturation_limit_dn or above, or at
        floor_dn or below; unmeasured is that and each listed defect, which is not clipped.
    Of SDR, a pixel with a channel at 0 or 1 counts as clipped; other pictures tell nothing.
    """
    if raw is not None:
        is_lost = (picture >= raw["saturation_limit_dn"]) | (picture <= raw["floor_dn"])
        clipped: NDArray = np.asarray(is_lost)
        measured = ~clipped
        rows, columns = picture.shape[2:]
        for row, column in raw["defects"]:
            if row < rows and column < columns:
                measured[..., row, column] = clipped[..., row, column] = False
        return measured, clipped
    if domain == "SDR":
        clipped = np.asarray(((picture <= 0) | (picture >= 1)).any(axis=1, keepdims=True))
        return ~clipped, clipped
    planes = 3 if domain == "CAMERA" else 1
    clipped = np.zeros((1, planes, *picture.shape[2:]), dtype=bool)
    return ~clipped, clipped


def nodes_by_provider(
    bundle: Bundle, folder: Union[str, Path], raw: NDArray, tile: Optional[int] = None
) -> Dict[str, int]:
    """How many nodes of all graphs run on which provider.

    Found by ONNX Runtime's own profile of one frame, in sessions apart from those that are timed:
    each node that ran is named there with its provider. Nodes fused by a provider count once.

    Raises RunError when no node at all ran on the provider that was asked for.
    """
    with tempfile.TemporaryDirectory() as place:
        prefix = str(Path(place) / "profile")
        settings = bundle.settings._replace(profile_prefix=prefix, cuda_graph=False)
        profiled = Bundle(folder, settings)
        profiled.run(raw, tile=tile)
        counts: Dict[str, int] = {}
        for graph in profiled.graphs:
            events = json.loads(Path(graph.session.end_profiling()).read_text(encoding="utf-8"))
            for provider in _provider_of_nodes(events).values():
                counts[provider] = counts.get(provider, 0) + 1
    if counts and bundle.settings.providers[0] not in counts:
        raise RunError(
            f"{bundle.settings.provider} was asked for, but every node ran on {', '.join(counts)}"
        )
    return counts


def _provider_of_nodes(events: Iterable[Mapping[str, Any]]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for event in events:
        provider = event.get("args", {}).get("provider")
        if event.get("cat") == "Node" and provider:
            found[str(event["name"])] = str(provider)
    return found


# ---------------------------------------------------------------------------------------------
# Files in: .npy, and headerless dumps with fullwell's sidecar NAME.json.

LAYOUTS = {  # packing: bits of a DN at most, photosites that share octets, octets
    "u8": (8, 1, 1),
    "u16": (16, 1, 2),
    "mipi10": (10, 4, 5),
    "mipi12": (12, 2, 3),
    "mipi14": (14, 4, 7),
}
SIDECAR_KEYS = (
    "width", "height", "bits", "packing", "stride", "offset", "endian", "align", "cfa",
    "black_level", "white_level", "wb", "frame",
)  # fmt: skip
SHOT_GAINS = "white_balance.gains"  # the input that a sidecar's wb goes to


def read_input(path: Path, manifest: Record) -> Tuple[NDArray, Dict[str, List[float]]]:
    """A file's pixels as `Bundle.run` takes them, and the values that its sidecar says.

    .npy: (h, w) or (1, c, h, w), uint16 or float. Anything else is a dump of one RAW mosaic, laid
    out as NAME.json says, its gaps filled from the manifest's camera.

    Raises RunError naming file and reason.
    """
    if not path.is_file():
        raise RunError(f"{path}: there is no such file")
    if path.suffix.lower() == ".npy":
        return _read_npy(path), {}
    if manifest["raw"] is None:
        raise RunError(
            f"{path}: a dump is RAW, but the bundle takes {manifest['domain_in']} (.npy)"
        )
    try:
        said = _sidecar(path)
        layout = _layout(said, manifest["raw"])
        return _read_dump(path, layout), {SHOT_GAINS: said["wb"]} if "wb" in said else {}
    except RunError as error:
        raise RunError(f"{path}: {error}") from error


def _read_npy(path: Path) -> NDArray:
    try:
        with path.open("rb") as file:
            if file.read(6) != b"\x93NUMPY":
                raise ValueError("an archive or a pickle, as np.load would open too")
        # Mapped, a header that promises more than the file holds is refused, and costs nothing.
        mapped = np.load(str(path), mmap_mode="r", allow_pickle=False)
        if mapped.dtype.kind not in "biuf" or not 0 < mapped.size <= MOST_PIXELS * 4:
            raise RunError(f"{path}: {mapped.size} values of {mapped.dtype} cannot be a frame")
        return np.array(mapped)
    except RunError:
        raise
    except Exception as error:  # the header is text that numpy parses as Python
        raise RunError(f"{path}: it is not a readable .npy ({type(error).__name__})") from error


def _sidecar(path: Path) -> Record:
    """What NAME.json says of the layout; it may speak of another file of that name.

    Raises RunError.
    """
    place = path.with_suffix(".json")
    if not place.is_file():
        raise RunError(f"it has no sidecar {place.name} that says its layout")
    try:
        known = json.loads(place.read_text(encoding="utf-8"), object_pairs_hook=_no_twice)
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{place.name} is not a JSON file ({error})") from error
    if not isinstance(known, dict):
        raise RunError(f"{place.name} must hold a JSON object")
    if known.get("file") not in (None, path.name):
        raise RunError(f"{place.name} speaks of {_shown(known['file'])}, not of this file")
    said: Record = {}
    for key in SIDECAR_KEYS:
        if known.get(key) is not None:
            try:
                said[key] = _sidecar_value(key, known[key])
            except (TypeError, ValueError, OverflowError) as error:
                raise RunError(f'"{key}" of {place.name} cannot be {_shown(known[key])}') from error
    return said


def _sidecar_value(key: str, value: Any) -> Any:
    """A value of the type of its key; ValueError or TypeError where it has another."""
    if key in ("packing", "endian", "align", "cfa"):
        return str(value)
    if key in ("black_level", "wb"):
        parts = value.split(",") if isinstance(value, str) else value
        numbers = [float(v) for v in (parts if isinstance(parts, list) else [parts])]
        if not all(math.isfinite(v) for v in numbers):
            raise ValueError("not finite")
        if key == "wb" and (len(numbers) != 3 or min(numbers) <= 0):
            raise ValueError("wb is three positive gains")
        return numbers
    if key == "white_level":
        return float(value)
    if isinstance(value, bool) or int(value) != value or value < (key not in ("offset", "frame")):
        raise ValueError("a whole number is needed")
    return int(value)


def _layout(said: Record, raw: Record) -> Record:
    """The layout with its gaps filled; refuses what contradicts itself or the bundle's camera.

    Raises RunError.
    """
    _check_camera(said, raw)
    if "width" not in said or "height" not in said:
        raise RunError("its sidecar must say width and height")
    if said["width"] * said["height"] > MOST_PIXELS:
        raise RunError(f"{said['width']} x {said['height']} pixels are over {MOST_PIXELS}")
    packing = said.get("packing")
    if packing is not None and packing not in LAYOUTS:
        raise RunError(f"packing is one of {', '.join(LAYOUTS)}, not {_shown(packing)}")
    bits = said.get("bits", int(raw["bit_depth"]))
    packing = packing or ("u8" if bits <= 8 else "u16")
    most, pixels, octets = LAYOUTS[packing]
    if bits > most:
        raise RunError(f"{bits} bits do not fit the packing {packing}")
    row = -(-said["width"] // pixels) * octets
    stride = said.get("stride", row)
    if stride < row:
        raise RunError(f"stride {stride} is shorter than a row ({row} bytes)")
    endian, align = said.get("endian", "little"), said.get("align", "lsb")
    if endian not in ("little", "big") or align not in ("lsb", "msb"):
        raise RunError("endian is little or big, align is lsb or msb")
    if packing.startswith("mipi") and (endian, align) != ("little", "lsb"):
        raise RunError(f"{packing} has its own order of bits; leave align and endian out")
    return dict(
        said, bits=bits, packing=packing, row=row, stride=stride, endian=endian, align=align
    )


def _check_camera(said: Record, raw: Record) -> None:
    """A dump of another camera would come out in wrong colours and levels.

    Raises RunError.
    """
    pattern = ["".join(row) for row in raw["pattern"]]
    named = said.get("cfa")
    if named is not None and not _same_pattern(named, pattern):
        raise RunError(f"its cfa is {named}, but the bundle is for {'/'.join(pattern)}")
    sites = len(pattern) * len(raw["pattern"][0])
    for key, own in (
        ("black_level", raw["black_level_dn"]),
        ("white_level", [raw["white_level_dn"]]),
    ):
        stated = said.get(key)
        stated = [stated] if isinstance(stated, float) else stated
        if stated is not None and _spread(stated, sites) != _spread(own, sites):
            raise RunError(f"its {key} is {stated}, but the bundle is for {own}")


# Patterns by the names that fullwell's own sidecars give them.
NAMED_PATTERNS = {
    "RGGB": "RG/GB", "GRBG": "GR/BG", "GBRG": "GB/RG", "BGGR": "BG/GR",
    "QUAD_RGGB": "RRGG/RRGG/GGBB/GGBB",
    "NONA_RGGB": "RRRGGG/RRRGGG/RRRGGG/GGGBBB/GGGBBB/GGGBBB",
    "RGBW": "RW/GB", "RCCB": "RC/CB", "MONO": "Y",
    "XTRANS": "GBGGRG/RGRBGB/GBGGRG/GRGGBG/BGBRGR/GRGGBG",
}  # fmt: skip


def _same_pattern(named: str, pattern: Sequence[str]) -> bool:
    """Whether a name, or rows as "RG/GB", are these rows; no other name is known."""
    upper = named.upper()
    return NAMED_PATTERNS.get(upper, upper) == "/".join(pattern).upper()


def _spread(levels: Sequence[float], sites: int) -> List[float]:
    return [float(v) for v in levels] * (sites if len(levels) == 1 else 1)


def _read_dump(path: Path, layout: Record) -> NDArray:
    """One frame of a dump as (h, w) uint16 DN.

    Raises RunError where the file's length and the layout disagree.
    """
    height, stride = layout["height"], layout["stride"]
    frame_bytes, start = height * stride, layout.get("offset", 0)
    length = path.stat().st_size
    frames, rest = divmod(length - start, frame_bytes)
    if rest or frames < 1:
        raise RunError(
            f"{layout['width']} x {height} {layout['packing']} with stride {stride} needs "
            f"{frame_bytes} bytes after {start}, but the file has {length}"
        )
    if frames > 1 and "frame" not in layout:
        raise RunError(f'it holds {frames} frames; say which by "frame" in the sidecar, from 0')
    index = layout.get("frame", 0)
    if index >= frames:
        raise RunError(f"frame {index} is asked for, but it holds {frames} (0 is the first)")
    with path.open("rb") as file:
        file.seek(start + index * frame_bytes)
        content = file.read(frame_bytes)
    rows = np.frombuffer(content, dtype=np.uint8).reshape(height, stride)[:, : layout["row"]]
    return _settled(unpacked(rows, layout["packing"], layout["width"], layout["endian"]), layout)


def unpacked(rows: NDArray, packing: str, width: int, endian: str = "little") -> NDArray:
    """(h, bytes) rows as (h, width) uint16 DN.

    Source: MIPI CSI-2 v1.3, RAW10, RAW12 and RAW14: each photosite's upper 8 bits, then what is
    left of all of them, the first photosite's lowest.
    """
    if packing == "u8":
        return rows[:, :width].astype(np.uint16)
    if packing == "u16":
        order = "<u2" if endian == "little" else ">u2"
        return np.ascontiguousarray(rows).view(order)[:, :width].astype(np.uint16)
    bits, pixels, octets = LAYOUTS[packing]
    groups = rows.reshape(rows.shape[0], -1, octets).astype(np.uint32)
    rest = np.zeros(groups.shape[:2], dtype=np.uint32)
    for number in range(octets - pixels):
        rest |= groups[..., pixels + number] << np.uint32(8 * number)
    left = bits - 8
    shifts = np.arange(pixels, dtype=np.uint32) * np.uint32(left)
    low = (rest[..., None] >> shifts) & np.uint32(2**left - 1)
    dn = groups[..., :pixels] << np.uint32(left) | low
    return np.asarray(dn.reshape(rows.shape[0], -1)[:, :width], dtype=np.uint16)


def _settled(dn: NDArray, layout: Record) -> NDArray:
    """DN that sit in the upper bits of their container moved down.

    Raises RunError for DN far above the bits: the layout is another.
    """
    bits, container = layout["bits"], 8 if layout["packing"] == "u8" else 16
    if layout["align"] == "msb" and layout["packing"] in ("u8", "u16"):
        return np.asarray(dn >> np.uint16(container - bits))
    # Some cameras store a little above their range; twice of it is another layout.
    if dn.size and int(dn.max()) >= 2 ** (bits + 1):
        raise RunError(f"DN up to {int(dn.max())} do not fit {bits} bits; see align, endian, bits")
    return dn


# ---------------------------------------------------------------------------------------------
# Files out: whole or not at all.


def refuse_output(path: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
    """Check, before any work is done, that an output may be written.

    Raises RunError with the reason.
    """
    if any(source.exists() and path.exists() and source.samefile(path) for source in inputs):
        raise RunError(f"{path}: it is the input; name another output")
    if path.is_dir():
        raise RunError(f"{path}: it is a folder; a file name is needed")
    if not path.parent.is_dir():
        raise RunError(f"{path}: the folder {path.parent} does not exist; create it first")
    if os.path.lexists(str(path)) and not force:
        raise RunError(f"{path}: it exists already; pass --force to replace it")


def write_whole(path: Path, content: bytes, force: bool = False) -> None:
    """Write under a temporary name in the same folder, flush to the disk, rename.

    Raises RunError.
    """
    refuse_output(path, force)
    place = path.with_name(f".{path.stem}.{os.getpid()}-{time.perf_counter_ns():x}.part")
    try:
        with place.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not force and os.path.lexists(str(path)):
            raise RunError(f"{path}: it appeared meanwhile; pass --force to replace it")
        place.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path}: cannot write it ({error.strerror or error})") from error
    finally:
        if place.exists():
            place.unlink()


def _flush_folder(folder: Path) -> None:
    """Make the new name last too, where the system can flush a folder."""
    try:
        handle = os.open(str(folder), os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return  # the file itself is safe already
    finally:
        os.close(handle)


def png_codes(picture: NDArray, bit_depth: int = 8) -> NDArray:
    """Codes (h, w, c) of a picture of 0..1: times the largest code, rounded half to even.

    What lies outside is clipped, as fullwell does when it writes a picture.

    Raises RunError for NaN and infinite values.
    """
    unit = np.moveaxis(picture[0], 0, -1).astype(np.float64)
    if not np.isfinite(unit).all():
        raise RunError("the picture holds NaN or infinite values")
    codes = np.rint(np.clip(unit, 0, 1) * (2**bit_depth - 1))
    return np.asarray(codes, dtype=np.uint8 if bit_depth == 8 else np.uint16)


def png_bytes(codes: NDArray, cicp: Sequence[int] = ()) -> bytes:
    """(h, w, 1 or 3) codes of 8 or 16 bits as a PNG. cicp: four code points, if known.

    Source: PNG, third edition: sections 5 (chunks), 9.2 (filter Up), 11.3.2.6 (cICP).
    """
    height, width, channels = codes.shape
    bit_depth = 8 * codes.dtype.itemsize
    big = np.ascontiguousarray(codes.astype(codes.dtype.newbyteorder(">")))
    rows = big.view(np.uint8).reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = 2  # each byte less the one above it
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    head = struct.pack(">2I5B", width, height, bit_depth, {1: 0, 3: 2}[channels], 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head)]
    if cicp:
        parts.append(_chunk(b"cICP", bytes(cicp)))
    parts.append(_chunk(b"IDAT", zlib.compress(filtered.tobytes(), 4)))
    parts.append(_chunk(b"IEND", b""))
    return b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content) & 0xFFFFFFFF
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def mask_codes(result: Result) -> NDArray:
    """The masks as the bits of (h, w, 1) codes: 1 measured, 2 clipped, as fullwell writes them."""
    measured, clipped = result.measured, result.clipped
    bits = np.zeros((*result.picture.shape[2:], 1), dtype=np.uint8)
    if measured is not None:
        bits[..., 0] |= (measured[0] > 0.5).all(axis=0).astype(np.uint8) * MASK_BITS["measured"]
    if clipped is not None:
        bits[..., 0] |= (clipped[0] > 0.5).any(axis=0).astype(np.uint8) * MASK_BITS["clipped"]
    return bits


def output_bytes(path: Path, result: Result, manifest: Record, bit_depth: int = 8) -> bytes:
    """A result as the bytes of a .png (of SDR) or .npy, by the file's name.

    Raises UsageError for another suffix, RunError for a PNG of what is no SDR.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        if not np.isfinite(result.picture).all():
            raise RunError("the picture holds NaN or infinite values")
        buffer = io.BytesIO()
        np.save(buffer, result.picture, allow_pickle=False)
        return buffer.getvalue()
    check_suffix(path, manifest)
    about = manifest.get("about")
    cicp = about.get("cicp") if isinstance(about, dict) else None
    if not isinstance(cicp, list) or len(cicp) != 4 or not all(c in range(256) for c in cicp):
        cicp = []
    return png_bytes(png_codes(result.picture, bit_depth), cicp)


def check_suffix(path: Path, manifest: Record) -> None:
    """Refuse an output that cannot hold what the bundle gives.

    Raises UsageError.
    """
    suffix = path.suffix.lower()
    if suffix not in (".png", ".npy"):
        raise UsageError(f"{path}: an output is a .png or a .npy")
    if suffix == ".png" and manifest["domain_out"] != "SDR":
        raise UsageError(f"{path}: a PNG holds SDR, but the bundle gives {manifest['domain_out']}")


# ---------------------------------------------------------------------------------------------
# bench: the protocol above, applied to a bundle on the machine that it is for.

# Largest deviation from an unoptimised session, as a share of the range of its result. Half
# floats and 8-bit codes round elsewhere when ONNX Runtime merges nodes, so theirs is wider.
PARITY_LIMITS = {"fp32": 1e-4, "fp16": 2e-3, "int8": 2e-2}
PARITY_INPUTS = 3
SIZES = {"12MP": (3000, 4000), "4K": (2160, 3840), "1080P": (1080, 1920)}
STAGES_SUM_WITHIN = 0.10
LATENCY_FORMAT = "fullwell-latency"


def size_named(text: str) -> Tuple[int, int]:
    """Height and width of "12MP", "4K", "1080p" or "HxW".

    Raises UsageError.
    """
    if text.strip().upper() in SIZES:
        return SIZES[text.strip().upper()]
    match = re.fullmatch(r"\s*(\d{1,6})\s*[xX]\s*(\d{1,6})\s*", text)
    if match is None or 0 in (int(match.group(1)), int(match.group(2))):
        raise UsageError(f'a size is HxW, {", ".join(SIZES)}, not "{text}"')
    height, width = int(match.group(1)), int(match.group(2))
    if height * width > MOST_PIXELS:
        raise UsageError(f"{width} x {height} pixels are over {MOST_PIXELS}")
    return height, width


def made_frames(bundle: Bundle, size: Tuple[int, int], count: int = ROTATED) -> List[NDArray]:
    """Different frames for timing: a slope with noise, and a clipped corner of each, (1, c, h, w).

    Of RAW as uint16 DN between black and white, as a camera gives them; of others float32, 0..1.
    """
    raw = bundle.manifest["raw"]
    black, white = (
        (0.0, 1.0) if raw is None else (min(raw["black_level_dn"]), raw["white_level_dn"])
    )
    frames = []
    for number in range(count):
        planes = [_scene(size, 3 * number + plane) for plane in range(bundle.channels_in)]
        level = np.float32(black) + np.stack(planes)[None] * np.float32(white - black)
        is_coded = raw is not None and white <= 65535
        frames.append(np.rint(level).astype(np.uint16) if is_coded else level)
    return frames


def _scene(size: Tuple[int, int], number: int) -> NDArray:
    """One plane of 0..1, another for each number; of integers alone, so the same everywhere."""
    rows = np.arange(size[0], dtype=np.uint32)[:, None]
    columns = np.arange(size[1], dtype=np.uint32)[None, :]
    # Multiply and shift, twice: enough that neighbours have nothing to do with each other.
    word = (rows * np.uint32(0x9E3779B1)) ^ (columns * np.uint32(0x85EBCA77))
    word = word + np.uint32((number + 1) * 0x27D4EB2F % 2**32)
    word = (word ^ (word >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    word = word ^ (word >> np.uint32(13))
    noise = (word >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
    slope = (columns.astype(np.float32) + np.float32(0.5)) / np.float32(size[1])
    plane = np.float32(0.8) * slope + np.float32(0.1) * noise + np.float32(0.02 * (number % 5))
    plane[: max(1, size[0] // 16), : max(1, size[1] // 16)] = 1.0
    return np.asarray(plane)


def turned_frames(frame: NDArray, step: int, count: int = ROTATED) -> List[NDArray]:
    """A user's frame and shifts of it, by whole periods of the grid, so that none is the same."""
    array = frame[None, None] if frame.ndim == 2 else frame
    return [np.roll(array, number * step, axis=3) for number in range(count)]


def deviation(result: NDArray, reference: NDArray) -> float:
    """Largest difference as a share of the reference's range; of a flat one, of its size."""
    if not np.isfinite(result).all():
        return math.inf
    span = float(reference.max()) - float(reference.min())
    scale = span or max(abs(float(reference.max())), 1.0)
    return float(np.abs(result - reference).max()) / scale


class Gate:
    """Whether a timed bundle gives what ONNX Runtime gives with its optimisations off, on the CPU.

    Asked before and after the timing, with the same frames; the second session is opened only
    while it is needed, so that its memory is not the bundle's.
    """

    def __init__(
        self, bundle: Bundle, folder: Path, frames: Sequence[NDArray], tile: Optional[int]
    ) -> None:
        self.bundle, self.folder, self.tile = bundle, folder, tile
        self.frames = frames[:PARITY_INPUTS]
        self.limit = PARITY_LIMITS[bundle.precision]
        self._seen: Dict[str, float] = {}

    def ask(self) -> float:
        """Largest deviation of all frames.

        Raises CheckError over the limit.
        """
        results = [self.bundle.run(frame, tile=self.tile).picture for frame in self.frames]
        digest = hashlib.sha256(
            b"".join(hashlib.sha256(r.tobytes()).digest() for r in results)
        ).hexdigest()
        if digest not in self._seen:  # the same bits deviate by the same amount
            settings = Settings(threads=self.bundle.settings.threads, optimised=False)
            reference = Bundle(self.folder, settings)
            self._seen[digest] = max(
                deviation(result, reference.run(frame, tile=self.tile).picture)
                for frame, result in zip(self.frames, results)
            )
        worst = self._seen[digest]
        if not worst <= self.limit:
            raise CheckError(
                f"the timed session differs from one without optimisations by {worst:.3g} of the "
                f"range, over {self.limit:g}: what gives wrong pictures has no latency"
            )
        return worst


class PeakMemory:
    """Most memory of this process since the object was made, in bytes; None where not known."""

    def __init__(self) -> None:
        try:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            self._is_reset = True
        except OSError:
            self._is_reset = False

    def bytes(self) -> Optional[int]:
        """The high-water mark; of the whole life of the process where it cannot be reset."""
        if self._is_reset:
            kib = _first_match("/proc/self/status", r"^VmHWM:\s*(\d+) kB")
            if kib is not None:
                return int(kib) * 1024
        return peak_memory_bytes()


class Timed:
    """A bundle as work to be timed: frame after frame in turn, and what each graph took."""

    def __init__(self, bundle: Bundle, frames: Sequence[NDArray], tile: Optional[int]) -> None:
        self.bundle, self.frames, self.tile = bundle, frames, tile
        self.graphs_ms: Dict[str, List[float]] = {graph.name: [] for graph in bundle.graphs}
        self.checksum = 0.0

    def __call__(self, number: int) -> None:
        """One frame, from the array that a camera left to the picture on the host."""
        picture = self.bundle.run(self.frames[number % len(self.frames)], tile=self.tile).picture
        # Somebody must look at the result, or it might as well not have been made.
        self.checksum += float(picture[0, 0, 0, 0])
        for name, taken_ms in self.bundle.graphs_ms.items():
            self.graphs_ms[name].append(taken_ms)

    def forget(self) -> None:
        """Drop what was noted so far (the warm-up)."""
        for taken in self.graphs_ms.values():
            taken.clear()
        for graph in self.bundle.graphs:
            graph.copies_ns.update(to_device=0, from_device=0)

    def copies_ms(self, n: int) -> Optional[Dict[str, float]]:
        """Mean copies to and from the device in ms a frame; None where nothing is copied."""
        if all(graph.device is None for graph in self.bundle.graphs):
            return None
        names = ("to_device", "from_device")
        return {
            name: sum(graph.copies_ns[name] for graph in self.bundle.graphs) * 1e-6 / n
            for name in names
        }


def bench_size(
    folder: Path,
    settings: Settings,
    frames_of: Callable[[Bundle], List[NDArray]],
    frames: Optional[int] = None,
    quick: bool = False,
    cadence_fps: Optional[float] = None,
    in_flight: int = 2,
    budget_ms: Optional[float] = None,
    tile: Optional[int] = None,
) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The runs of one size, correctness first, and notes on them.

    frames_of: makes the frames that are taken in turn. Each frame's time holds all that
    `Bundle.run` does: float32 from the camera's numbers, masks where a graph needs them, every
    graph, copies to and from a device.

    Raises CheckError when the results are wrong, and what `Bundle` raises.
    """
    bundle = Bundle(folder, settings)
    given = frames_of(bundle)
    size = (int(given[0].shape[2]), int(given[0].shape[3]))
    begun = time.perf_counter_ns()
    bundle.run(given[0], tile=tile)
    cold = {"session": bundle.session_ms, "first_run": (time.perf_counter_ns() - begun) * 1e-6}
    nodes = nodes_by_provider(bundle, folder, given[0], tile)
    gate = Gate(bundle, folder, given, tile)
    parity = {"before": gate.ask(), "limit": gate.limit}
    timed, peak = Timed(bundle, given, tile), PeakMemory()
    warm = warm_up(timed)
    timed.forget()
    n = planned_frames(warm["median_ms"], frames, quick)
    loads = {"closed": closed(timed, n)}
    graphs_ms = {name: list(taken) for name, taken in timed.graphs_ms.items()}
    copies, camera = timed.copies_ms(n), None
    if cadence_fps is not None:
        camera = cadence(timed, n, cadence_fps, in_flight, budget_ms)
        loads["cadence"] = camera["frames_ms"]
    peak_bytes = peak.bytes()
    parity["after"] = gate.ask()
    facts: Dict[str, Any] = {
        "variant": "onnx", "provider": settings.providers[0], "precision": bundle.precision,
        "size": size, "threads": settings.threads_used,
    }  # fmt: skip
    runs = [
        run_record(
            stage="whole", load=load, frames_ms=taken, cold_ms=cold, warm=warm,
            nodes_by_provider=nodes, peak_memory_bytes=peak_bytes, parity=parity,
            copies_ms=copies if load == "closed" else None, model_sha256=bundle.sha256,
            camera=camera if load == "cadence" else None, **facts,
        )
        for load, taken in loads.items()
    ]  # fmt: skip
    runs += [
        run_record(
            stage=graph.name, load="closed", frames_ms=graphs_ms[graph.name],
            model_sha256=graph.sha256, **facts,
        )
        for graph in bundle.graphs
    ]  # fmt: skip
    return runs, [unaccounted(runs[0], graphs_ms, size)]


def unaccounted(
    whole: Mapping[str, Any], parts_ms: Mapping[str, Sequence[float]], size: Any
) -> str:
    """Whether the graphs' medians sum to the whole's within 10 %, or what is left over."""
    total = sum(nearest_rank(taken, 0.5) for taken in parts_ms.values())
    rest = whole["p50_ms"] - total
    share = rest / whole["p50_ms"]
    said = f"{size[0]}x{size[1]}: the graphs sum to {total:.4g} ms of {whole['p50_ms']:.4g} ms"
    if abs(share) <= STAGES_SUM_WITHIN:
        return f"{said}, within 10 %"
    return f"{said}; {rest:.4g} ms ({share:.0%}) are unaccounted: conversion, masks and tiles"


def latency_notes(bundle_record: Record, settings: Settings) -> List[str]:
    """What the figures are figures of, in words."""
    limit = PARITY_LIMITS[bundle_record["precision"]]
    return [
        "a frame's time is that of Bundle.run: numbers of the camera in, picture on the host out",
        f"correctness: {PARITY_INPUTS} of the {ROTATED} frames, before and after the timing, "
        "against a second ONNX Runtime session on the CPU with optimisations off; the largest "
        f"difference is at most {limit:g} of the range of its picture",
        "rows of graphs are of the same frames as the whole under closed load",
        "cadence: latency is from the intended arrival; in_flight frames may wait beside the one "
        "being worked on, and a further one pushes the oldest out",
        f"session: intra_op {settings.threads_used}, inter_op 1, sequential, "
        "session.intra_op.allow_spinning as ONNX Runtime has it (on)",
    ]


def over_budget(runs: Sequence[Mapping[str, Any]], budget_ms: float) -> List[str]:
    """The whole's runs whose p99 is not shown to keep the budget, by its upper bound."""
    wrong = []
    for run in runs:
        if run["stage"] != "whole":
            continue
        bound, where = run["p99_upper_ms"], f"{run['load']} {run['size'][0]}x{run['size'][1]}"
        if run["load"] == "cadence":
            # The verdict knows the dropped frames, which the percentiles leave out.
            if run["latency_verdict"] != "met":
                wrong.append(
                    f"{where}: {run['deadline_misses']} of {run['n'] + run['dropped']} frames late "
                    f"or dropped, so p99 is not shown to keep {budget_ms:g} ms"
                )
        elif bound is None or bound > budget_ms:
            shown = "not known" if bound is None else f"up to {bound:.4g} ms"
            wrong.append(f"{where}: p99 is {shown}, the budget {budget_ms:g} ms")
    return wrong


def run_lines(run: Mapping[str, Any]) -> List[str]:
    """A run as a person reads it: what too few frames do not show is left out."""

    def ms(name: str) -> str:
        return f"{name[: -len('_ms')]} {run[name]:.4g}"

    names = ["p50_ms", "min_ms", "max_ms"]
    if run["p90_ms"] is not None:
        names.insert(1, "p90_ms")
    if run["p99_ms"] is not None:
        names[2:2] = ["p95_ms", "p99_ms", "p99_upper_ms"]
    size = f"{run['size'][0]}x{run['size'][1]}"
    line = f"{run['stage']} {size} {run['load']}: {', '.join(map(ms, names))} ms of {run['n']}"
    line += f"; {run['megapixels_per_s']:.4g} MP/s" if run["load"] == "closed" else ""
    lines = [line]
    if run["cold_ms"] is not None and run["load"] == "closed":
        cold, warm, memory = run["cold_ms"], run["warm_up"], run["peak_memory_bytes"]
        steady = "steady" if warm["stable"] else "NOT steady"
        lines.append(
            f"  cold: session {cold['session']:.4g} ms, first frame {cold['first_run']:.4g} ms; "
            f"warm-up {warm['frames']} frames, {steady}; "
            f"memory {'unknown' if memory is None else f'{memory / 2**20:.0f} MiB'}; "
            f"nodes {run['nodes_by_provider']}"
        )
        parity = run["parity"]
        lines.append(
            f"  correct: {parity['before']:.2g} before, {parity['after']:.2g} after, of the range "
            f"(at most {parity['limit']:g})"
        )
    if "latency_verdict" in run:
        lines.append(
            f"  latency {run['latency_verdict']}: {run['deadline_misses']} of "
            f"{run['n'] + run['dropped']} frames over {run['deadline_ms']:.4g} ms; rate "
            f"{run['rate_verdict']}: {run['dropped']} dropped at {run['fps_asked']:g} a second, "
            f"{run['sustained_fps']:.4g} possible"
        )
    return lines


# ---------------------------------------------------------------------------------------------
# The command line.


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run, check or bench the bundle; returns the exit code.

    0 done, 1 a check failed, 2 asked wrongly, 3 bad input or something missing.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    verbs = {"check": _check, "bench": _bench}
    try:
        if words and words[0] in verbs:
            return verbs[words[0]](words[1:])
        return _run(words)
    except RunError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        if isinstance(error, UsageError):
            print("python run.py --help says more", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("error: memory does not suffice; pass --tile 1024", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # who read the lines has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser(usage: str, about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", usage=usage, description=about)
    parser.add_argument(
        "--bundle", type=Path, default=Path(__file__).resolve().parent,
        help="folder of the bundle; by default that of this file",
    )  # fmt: skip
    parser.add_argument("--provider", default="cpu", help=f"{', '.join(PROVIDERS)}; default cpu")
    parser.add_argument("--threads", type=int, help="of one operator; default every core allowed")
    parser.add_argument("--tile", type=int, metavar="N", help="run tiles of N pixels a side")
    parser.add_argument("--cuda-graph", action="store_true", help="replay a GPU's kernels")
    parser.add_argument("--force", action="store_true", help="replace existing outputs")
    return parser


def _settings(asked: argparse.Namespace) -> Settings:
    if asked.threads is not None and asked.threads < 1:
        raise UsageError(f"threads must be at least 1, got {asked.threads}")
    settings = Settings(asked.provider, asked.threads, asked.cuda_graph)
    onnxruntime_with(settings.provider)
    return settings


def _run(words: Sequence[str]) -> int:
    parser = _parser(
        "run.py IN -o OUT [options] | run.py check | run.py bench (each with --help)",
        "Take a frame through the graphs of this bundle.",
    )
    parser.add_argument("input", metavar="IN", type=Path, help=".npy, or a dump with NAME.json")
    parser.add_argument("-o", "--output", type=Path, required=True, help=".png or .npy")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=V,V", help="a value in place of its "
        "default; run.py check lists them",
    )  # fmt: skip
    parser.add_argument("--masks", action="store_true", help="write OUT.masks.png too")
    parser.add_argument("--bit-depth", type=int, choices=(8, 16), default=8, help="of a PNG")
    asked = parser.parse_args(list(words))
    output: Path = asked.output
    masks_path = output.with_suffix(".masks.png")
    for path in [output, masks_path] if asked.masks else [output]:
        refuse_output(path, asked.force, [asked.input])
    values = _values(asked.set)
    bundle = Bundle(asked.bundle, _settings(asked))
    check_suffix(output, bundle.manifest)
    raw, said = read_input(asked.input, bundle.manifest)
    known = {str(given["name"]) for graph in bundle.graphs for given in graph.inputs}
    for name, numbers in said.items():
        if name in known and name not in values:
            shown = ", ".join(f"{number:g}" for number in numbers)
            print(f"note: {name} {shown}, from the sidecar", file=sys.stderr)
            values[name] = numbers
    for line in tile_notes(bundle, asked.tile, raw.shape[-2:]):
        print("note:", printable(line), file=sys.stderr)
    result = bundle.run(raw, values, masks=asked.masks, tile=asked.tile)
    content = output_bytes(output, result, bundle.manifest, asked.bit_depth)
    if asked.masks:
        write_whole(masks_path, png_bytes(mask_codes(result)), asked.force)
    write_whole(output, content, asked.force)
    height, width = result.picture.shape[2:]
    print(f"{output}: {width} x {height} {bundle.manifest['domain_out']}")
    return 0


def _values(said: Sequence[str]) -> Dict[str, Sequence[float]]:
    """NAME=1,2,3 as numbers by name.

    Raises UsageError.
    """
    values: Dict[str, Sequence[float]] = {}
    for part in said:
        name, equals, numbers = part.partition("=")
        try:
            values[name] = [float(number) for number in numbers.split(",")]
        except ValueError as error:
            raise UsageError(f'--set takes NAME=number,number, not "{part}"') from error
        if not name or not equals:
            raise UsageError(f'--set takes NAME=number,number, not "{part}"')
    return values


def _check(words: Sequence[str]) -> int:
    parser = _parser("run.py check [options]", "Verify this bundle and say what it holds.")
    asked = parser.parse_args(list(words))
    bundle = Bundle(asked.bundle, _settings(asked))
    print("\n".join(printable(line) for line in summary(bundle)))
    return 0


def printable(text: str) -> str:
    r"""A text of a bundle for a terminal, which obeys control characters: they are spelled out.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def summary(bundle: Bundle) -> List[str]:
    """What a verified bundle holds, for a person."""
    manifest = bundle.manifest
    size = manifest["size"]
    made_by = ", ".join(f"{name} {version}" for name, version in manifest["made_by"].items())
    lines = [
        f"{manifest['name']}: {manifest['domain_in']} to {manifest['domain_out']}, "
        f"{manifest['precision']}, {'any size' if size is None else f'{size[0]}x{size[1]} only'}",
        f"made by {made_by}",
        f"{len(manifest['files'])} files, every size and SHA-256 right; "
        f"provider {bundle.settings.providers[0]}",
    ]
    for graph in bundle.graphs:
        facts = graph.facts
        reach = "whole frames" if graph.whole_frame else f"halo {graph.halo}"
        lines.append(f"{graph.file}: {facts['domain_in']} to {facts['domain_out']}, {reach}")
        lines.append(f"  stages: {', '.join(facts['stages'])}")
        for given in graph.inputs:
            if given["kind"] == "value":
                shown = json.dumps(given.get("default"))
                shown = shown if len(shown) < 60 else shown[:57] + "..."
                lines.append(f"  --set {given['name']}: {list(given['shape'])}, default {shown}")
        lines += [f"  {key}: {json.dumps(facts[key])}" for key in _TOLD if facts.get(key)]
    return lines


_TOLD = ("licence", "weights_sha256", "precision", "expected_error")


def _bench(words: Sequence[str]) -> int:
    parser = _parser("run.py bench [options]", "Time this bundle on this machine.")
    parser.add_argument("--size", default=None, help="HxW, 12MP, 4K or 1080p; several with commas")
    parser.add_argument("--input", type=Path, help="a frame of your own, which gives the size")
    parser.add_argument("--frames", type=int, help="how many to time; default 1000, and 10 s")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_FRAMES} frames: no p99")
    parser.add_argument("--cadence", type=float, metavar="FPS", help="also as a camera sends them")
    parser.add_argument("--in-flight", type=int, default=2, metavar="N", help="frames that wait")
    parser.add_argument("--json", type=Path, metavar="F", help="write the runs, every time in it")
    parser.add_argument("--budget", metavar="MS", help="exit 1 when p99 is not shown to be under")
    asked = parser.parse_args(list(words))
    budget_ms = _check_bench(asked)
    settings, manifest = _settings(asked), read_manifest(asked.bundle)
    if asked.json is not None:
        own = [asked.bundle / name for name in (MANIFEST, *manifest["files"])]
        refuse_output(asked.json, asked.force, [*own, *([asked.input] if asked.input else [])])
    facts = environment()
    before = gpu_state()
    runs: List[Dict[str, Any]] = []
    notes = latency_notes(manifest, settings)
    for frames_of in _sources(asked, manifest):
        found, said = bench_size(
            asked.bundle, settings, frames_of, asked.frames, asked.quick, asked.cadence,
            asked.in_flight, budget_ms, asked.tile,
        )  # fmt: skip
        for line in [line for run in found for line in run_lines(run)] + said:
            print(printable(line), flush=True)
        runs += found
        notes += said
    if asked.json is not None:
        told = {
            "format": LATENCY_FORMAT, "format_version": 1, "environment": facts, "runs": runs,
            "notes": notes, "gpu_state": {"before": before, "after": gpu_state()},
            "bundle": {"name": manifest["name"], "made_by": manifest["made_by"]},
        }  # fmt: skip
        write_whole(asked.json, (json.dumps(told, indent=1) + "\n").encode("utf-8"), asked.force)
    wrong = [] if budget_ms is None else over_budget(runs, budget_ms)
    for line in wrong:
        print(f"over budget: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _check_bench(asked: argparse.Namespace) -> Optional[float]:
    """Refuse what cannot be timed or judged; returns the budget in ms.

    Raises UsageError.
    """
    if asked.size is not None and asked.input is not None:
        raise UsageError("pass --size or --input, not both: a frame has its own size")
    if asked.frames is not None and (asked.frames < 1 or asked.quick):
        raise UsageError("--frames takes a positive number, and not together with --quick")
    if asked.cadence is not None and not (0 < asked.cadence < 1e6):
        raise UsageError(f"--cadence takes frames a second, got {asked.cadence}")
    if asked.in_flight < 1:
        raise UsageError(f"--in-flight takes at least 1, got {asked.in_flight}")
    if asked.budget is None:
        return None
    try:
        budget_ms = float(re.sub(r"\s*ms$", "", asked.budget))
    except ValueError as error:
        raise UsageError(f'--budget takes milliseconds, not "{asked.budget}"') from error
    if not 0 < budget_ms < math.inf:
        raise UsageError(f"--budget takes positive milliseconds, got {asked.budget}")
    if asked.quick or (asked.frames or P99_FRAMES) < P99_FRAMES:
        raise UsageError(f"a budget is of the p99, which takes {P99_FRAMES} frames or more")
    return budget_ms


def _sources(
    asked: argparse.Namespace, manifest: Record
) -> List[Callable[[Bundle], List[NDArray]]]:
    """For each size that was asked for, what makes its frames."""
    if asked.input is not None:
        frame, _ = read_input(asked.input, manifest)

        def turned(bundle: Bundle) -> List[NDArray]:
            pattern = (manifest["raw"] or {"pattern": [[""]]})["pattern"]
            return turned_frames(frame, len(pattern[0]) * max(1, frame.shape[-1] // 64))

        return [turned]
    if asked.size is not None:
        sizes = [size_named(part) for part in asked.size.split(",")]
    else:
        fixed = manifest["size"]
        sizes = [SIZES["12MP"] if fixed is None else (int(fixed[0]), int(fixed[1]))]
    return [_maker(size) for size in sizes]


def _maker(size: Tuple[int, int]) -> Callable[[Bundle], List[NDArray]]:
    return lambda bundle: made_frames(bundle, size)


if __name__ == "__main__":
    sys.exit(main())
