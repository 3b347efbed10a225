"""A budget is kept only where it is shown to be kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench.latency.budgets import Budget, budgets_of, over, read_budgets
from isp.core.errors import FileError, UsageError
from tests.apps.bench.latency.result_files import run_of


def row(bound: float | None, **changes: Any) -> dict[str, Any]:
    return run_of([1.0] * 5, p99_upper_ms=bound) | changes


@pytest.mark.parametrize(("text", "ms"), [("33.3ms", 33.3), ("0.02s", 20.0)])
def test_a_time_is_a_budget_of_the_whole(text: str, ms: float) -> None:
    (budget,) = budgets_of(text)

    assert (budget.stage, budget.p99_ms_max) == ("whole", pytest.approx(ms))


@pytest.mark.parametrize("text", ["33.3", "fastms", "-1ms", "nanms", "0s", "infs"])
def test_a_time_without_unit_or_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"as 33\.3ms"):
        budgets_of(text)


def test_the_upper_bound_is_judged_and_an_unknown_p99_is_no_pass() -> None:
    budget = budgets_of("33.3ms")

    assert over(budget, [row(33.3)]) == []
    assert over(budget, [row(33.31)]) == [
        "whole, onnx, 64x96, closed: p99 is up to 33.31 ms, over the budget of 33.3 ms"
    ]
    (reason,) = over(budget, [row(None)])
    assert "5 frames tell no p99 (662 do)" in reason


def test_a_file_sets_budgets_by_stage_shape_and_precision(tmp_path: Path) -> None:
    path = tmp_path / "budget.json"
    path.write_text(json.dumps([
        {"stage": "tone", "shape": [64, 96], "precision": "fp32", "p99_ms_max": 2.0},
        {"stage": "whole", "memory_mb_max": 49},
    ]))  # fmt: skip

    budgets = budgets_of(str(path))

    assert budgets[0] == Budget(stage="tone", shape=(64, 96), precision="fp32", p99_ms_max=2.0)
    fast, slow = row(1.0, stage="tone"), row(9.0, stage="tone")
    assert over(budgets[:1], [fast, row(9.0, stage="tone", precision="bf16")]) == []
    assert len(over(budgets[:1], [fast, slow])) == 1
    assert over(budgets[1:], [row(None)]) == [
        "whole, onnx, 64x96, closed: 50 MB at its peak, over the budget of 49 MB"
    ]


def test_a_budget_without_a_row_and_memory_that_nobody_knows_are_no_pass() -> None:
    budget = Budget(stage="whole", memory_mb_max=1000)

    assert over([budget], [row(1.0, stage="tone")]) == [
        "whole: no row was measured for this budget"
    ]
    (reason,) = over([budget], [row(1.0, peak_memory_bytes=None)])
    assert "peak memory is not known" in reason


def test_dropped_frames_keep_no_budget() -> None:
    (reason,) = over(budgets_of("33.3ms"), [row(1.0, load="cadence", dropped=2)])

    assert "2 frames were dropped" in reason


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ("[", "not JSON"),
        ("[]", "holds no budgets"),
        ('[{"p99_ms_max": 1}]', "budget 1: it has no stage"),
        ('{"stage": "a"}', "it limits nothing"),
        ('{"stage": "a", "p99_ms": 1}', "p99_ms is not known"),
        ('{"stage": "a", "p99_ms_max": true}', "p99_ms_max is a number above 0"),
        ('{"stage": "a", "p99_ms_max": 1, "shape": [3]}', r"shape is \[height, width\]"),
    ],
)
def test_a_file_of_no_budgets_is_refused_with_its_reason(
    tmp_path: Path, entries: str, reason: str
) -> None:
    path = tmp_path / "budget.json"
    path.write_text(entries)

    with pytest.raises(FileError, match=reason):
        read_budgets(path)
