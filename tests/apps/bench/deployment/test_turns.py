"""Work takes turns, and a rerun is judged beside a slowdown that was planted."""

import pytest

from apps.bench.deployment import turns
from apps.bench.deployment.turns import in_turns, rerun_in_turns


def test_each_way_runs_once_in_each_round_and_the_first_changes() -> None:
    order: list[str] = []
    ways = [lambda: order.append("a"), lambda: order.append("b"), lambda: order.append("c")]

    times = in_turns(ways, 3)

    assert [len(t) for t in times] == [3, 3, 3]
    assert "".join(order[3 * turns.WARM :]) == "abcbcacab"


def test_a_rerun_is_judged_beside_a_planted_slowdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_compiled_pass", lambda: lambda: None)
    monkeypatch.setattr(turns, "RERUN_FRAMES", 70)

    found = rerun_in_turns()

    assert len(found["medians_ms"]) == 3
    assert [row["statistic"] for row in found["again"]] == ["median"]  # too few for a p99
