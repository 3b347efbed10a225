"""Ways take turns, and a picture that is another has no time."""

import numpy as np
import pytest

from apps.bench.deployment import turns
from apps.bench.deployment.turns import in_turns, rerun_in_turns, ways_in_turns
from isp.core.errors import CheckError


def test_each_way_runs_once_in_each_round_and_the_first_changes() -> None:
    order: list[str] = []
    ways = [lambda: order.append("a"), lambda: order.append("b"), lambda: order.append("c")]

    times = in_turns(ways, 3)

    assert [len(t) for t in times] == [3, 3, 3]
    assert "".join(order[3 * turns.WARM :]) == "abcbcacab"


def test_a_way_with_another_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = np.zeros(4), np.full(4, 1e-3)
    ways = {"torch eager, stage by stage": lambda: right, "fast": lambda: wrong}
    monkeypatch.setattr(turns, "_ways", lambda: ways)

    with pytest.raises(CheckError, match="fast give another picture"):
        ways_in_turns()


def test_a_rerun_is_judged_beside_a_planted_slowdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_ways", lambda: {"fullwell's compiled pass": lambda: None})
    monkeypatch.setattr(turns, "RERUN_FRAMES", 70)

    found = rerun_in_turns()

    assert len(found["medians_ms"]) == 3
    assert [row["statistic"] for row in found["again"]] == ["median"]  # too few for a p99
