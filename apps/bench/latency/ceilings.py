"""What the machine can do at most, measured in the same run: memory copied per second."""

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

TIMES_CACHE = 8  # the array against the last-level cache: what is copied does not stay in it
UNKNOWN_CACHE = 64 * 2**20
ROUNDS = 7
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def last_level_cache_bytes(caches: Path = CACHES) -> int | None:
    """Size of the largest cache that the system tells of; None where it tells of none."""
    sizes = []
    for file in caches.glob("index*/size"):
        match = re.fullmatch(r"(\d+)([KM])", file.read_text(encoding="ascii").strip())
        if match:
            sizes.append(int(match[1]) * (1024 if match[2] == "K" else 2**20))
    return max(sizes, default=None)


def copy_ceiling(array_bytes: int | None = None, device: str = "cpu") -> dict[str, Any]:
    """Bytes read and written per second by the fastest copy at hand, and of what array.

    array_bytes: 8 times the last-level cache (64 MiB assumed where it is unknown) without it.
    The median of 7 copies each: torch's, on its threads, and on a CPU numpy's, by streaming stores.
    """
    cache = last_level_cache_bytes()
    count = (array_bytes or TIMES_CACHE * (cache or UNKNOWN_CACHE)) // 4
    source, place = (torch.full((count,), float(v), device=device) for v in (1, 2))
    seconds = _median_seconds(lambda: place.copy_(source), device)
    if device == "cpu":
        one, other = source.numpy(), place.numpy()
        seconds = min(seconds, _median_seconds(lambda: np.copyto(other, one), device))
    return {
        "copy_bytes_per_s": 2 * 4 * count / seconds,
        "copy_array_bytes": 4 * count,
        "last_level_cache_bytes": cache,
    }


def _median_seconds(copy: Callable[[], object], device: str) -> float:
    def timed() -> float:
        start = time.perf_counter()
        copy()
        if device != "cpu":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start

    timed()
    return statistics.median(timed() for _ in range(ROUNDS))
