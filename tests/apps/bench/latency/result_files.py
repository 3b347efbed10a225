"""Latency results made up for tests: times whose law is known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray
from scipy.signal import lfilter

ENVIRONMENT: dict[str, Any] = {
    "cpu": "made up",
    "cores_allowed": 2,
    "load_average_at_start": 0.5,
    "versions": {"numpy": "2.4.6", "onnxruntime": "1.31.1"},
}


def following_times(
    n: int, *, seed: int, follows: float = 0.5, mean_ms: float = 10.0, spread: float = 0.05
) -> NDArray[np.float64]:
    """AR(1) times in ms: each keeps the share `follows` of how far off the last one was."""
    draws = Generator(Philox(seed)).standard_normal(n + 200)
    path = lfilter([np.sqrt(1 - follows**2)], [1, -follows], draws)[200:]
    return mean_ms * np.exp(spread * path)


def run_of(frames_ms: Any, **changes: Any) -> dict[str, Any]:
    """A run with these times."""
    run: dict[str, Any] = {
        "stage": "whole", "variant": "onnx", "provider": "CPUExecutionProvider",
        "precision": "fp32", "size": [64, 96], "load": "closed", "threads": 1,
        "frames_ms": [float(t) for t in frames_ms], "peak_memory_bytes": 50_000_000,
    }  # fmt: skip
    run["n"] = len(run["frames_ms"])
    return run | changes


def result_of(*runs: dict[str, Any], **environment: Any) -> dict[str, Any]:
    """A result with these runs."""
    return {
        "format": "fullwell-latency", "format_version": 1,
        "environment": ENVIRONMENT | environment, "runs": list(runs), "notes": [],
    }  # fmt: skip


def written(path: Path, *runs: dict[str, Any], **environment: Any) -> Path:
    """The result as a file."""
    path.write_text(json.dumps(result_of(*runs, **environment)), encoding="utf-8")
    return path
