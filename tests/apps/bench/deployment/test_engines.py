"""Engines are timed only where they give the picture."""

from typing import Any

import numpy as np
import pytest

from apps.bench.deployment import engines
from apps.bench.deployment.engines import engine_times
from isp.core.errors import CheckError

PICTURE = np.full((1, 1, 4, 4), 0.5, np.float32)


def test_each_engine_has_its_time_and_how_near_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def engine(name: str, off: float) -> Any:
        def call() -> np.ndarray:
            calls.append(name)
            return PICTURE + np.float32(off)

        return call

    made = {"torch eager": engine("a", 0.0), "other, bf16": engine("b", 1e-3)}
    monkeypatch.setattr(engines, "trace", lambda *_: [None])
    monkeypatch.setattr(engines, "_engines", lambda *_: made)
    monkeypatch.setattr(engines, "SIDE", 64)

    found = engine_times("fw-5k")

    assert found["torch eager"]["psnr_db"] == 200.0
    assert found["other, bf16"]["psnr_db"] == pytest.approx(60.0, abs=0.01)
    assert all(cell["cpu_s_per_mp"] >= 0 for cell in found.values())
    turns = "".join("ab" if number % 2 == 0 else "ba" for number in range(engines.ROUNDS))
    assert "".join(calls).endswith(turns)


def test_an_engine_that_gives_another_picture_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"torch eager": lambda: PICTURE, "fast": lambda: PICTURE + np.float32(1e-3)}
    monkeypatch.setattr(engines, "trace", lambda *_: [None])
    monkeypatch.setattr(engines, "_engines", lambda *_: wrong)
    monkeypatch.setattr(engines, "SIDE", 64)

    with pytest.raises(CheckError, match="fast is 60 dB from torch eager, below 100"):
        engine_times("fw-5k")
