"""Ways to one picture are timed in turns, and a picture that is another has no time."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from apps.bench.deployment import ways
from apps.bench.deployment.__main__ import RECORDS
from apps.bench.deployment.page import TURNS
from apps.bench.deployment.ways import TIMED, timed_ways
from isp.core.errors import CheckError

ROOT = Path(__file__).parents[4]
PICTURE = np.full((1, 3, 4, 4), 0.5, np.float32)


def test_each_way_has_its_time_and_how_near_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "WARM", 0)
    calls: list[str] = []

    def way(name: str, off: float) -> ways.Way:
        def call() -> np.ndarray:
            calls.append(name)
            until = time.process_time() + 0.002
            while time.process_time() < until:
                pass
            return PICTURE + np.float32(off)

        return call

    made = {"eager": way("a", 0.0), "graph": way("b", 1e-5), "bf16": way("c", 1e-3)}
    found = timed_ways(made, 2)

    assert {name: round(row["psnr_db"]) for name, row in found.items()} == {
        "eager": 200, "graph": 100, "bf16": 60,
    }  # fmt: skip
    assert all(row["p50_ms"] >= 2 for row in found.values())
    assert all(0 <= row["system_share"] <= 1 for row in found.values())
    assert "".join(calls).endswith("abcbca")


def test_float32_with_another_picture_is_an_error_and_bf16_has_no_time() -> None:
    made = {"eager": lambda: PICTURE, "bf16": lambda: PICTURE + np.float32(0.02)}
    assert "p50_ms" not in timed_ways(made, 1)["bf16"]

    made["graph"] = lambda: PICTURE + np.float32(1e-3)
    with pytest.raises(CheckError, match="graph is 60 dB from torch eager, below 80"):
        timed_ways(made, 1)


def test_stored_ways_are_those_that_are_timed() -> None:
    lines = [json.loads(line) for line in (ROOT / RECORDS / TURNS).read_text().splitlines()]
    stored = [line["run"] for line in lines if line["run"]["what"] == "ways"]

    assert [(run["preset"], tuple(run["size"])) for run in stored] == [t[:2] for t in TIMED]
