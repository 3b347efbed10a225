"""The peak of a part of the work is what it held beyond what was held before."""

import numpy as np
import pytest

from apps.bench.latency import peak_memory


def test_an_array_that_came_and_went_is_seen_and_an_earlier_one_is_not() -> None:
    earlier = np.ones(24_000_000)  # 192 MB, gone before the part begins
    del earlier
    held = peak_memory.begin()
    if held is None:
        pytest.skip("the system does not let a process forget its peak")
    array = np.ones(8_000_000)  # 64 MB
    del array

    assert 60e6 < (peak_memory.since(held) or 0) < 90e6


def test_memory_kept_from_an_earlier_use_does_not_hide_the_next() -> None:
    kept = []

    def in_small_parts() -> None:
        parts = [np.ones(6_000) for _ in range(1000)]  # 48 kB each: of the heap, not of the system
        kept.append(parts[-1])  # what lies above it keeps the heap from shrinking by itself

    in_small_parts()
    held = peak_memory.begin()
    if held is None:
        pytest.skip("the system does not let a process forget its peak")
    in_small_parts()

    assert (peak_memory.since(held) or 0) > 35e6


def test_what_the_system_does_not_tell_is_not_known() -> None:
    assert peak_memory.since(None) is None
