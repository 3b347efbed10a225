"""The copy that all is measured against: of an array that no cache holds."""

from pathlib import Path

import pytest

from apps.bench.latency import ceilings
from apps.bench.latency.ceilings import copy_ceiling, last_level_cache_bytes


def test_the_last_cache_is_the_largest_that_is_told(tmp_path: Path) -> None:
    for place, size in enumerate(("32K", "1024K", "32M")):
        (tmp_path / f"index{place}").mkdir()
        (tmp_path / f"index{place}/size").write_text(f"{size}\n")

    assert last_level_cache_bytes(tmp_path) == 32 * 2**20
    assert last_level_cache_bytes(tmp_path / "none") is None


def test_bytes_count_reading_and_writing_of_the_faster_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = iter([0.5, 0.25])
    monkeypatch.setattr(ceilings, "_median_seconds", lambda copy, device: next(seconds))
    monkeypatch.setattr(ceilings, "last_level_cache_bytes", lambda: 1000)

    assert copy_ceiling() == {
        "copy_bytes_per_s": 2 * 8000 / 0.25, "copy_array_bytes": 8000,
        "last_level_cache_bytes": 1000,
    }  # fmt: skip


def test_a_copy_is_made_and_takes_time() -> None:
    assert copy_ceiling(4096)["copy_bytes_per_s"] > 0
