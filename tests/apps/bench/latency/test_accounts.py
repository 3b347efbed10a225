"""What stages and whole do not explain is printed, and an unquiet machine is named."""

from typing import Any

from apps.bench.latency.accounts import notes_of
from tests.apps.bench.latency.result_files import run_of


def row(p50: float, **changes: Any) -> dict[str, Any]:
    warm = {"frames": 40, "seconds": 1.0, "stable": True}
    return run_of([p50], p50_ms=p50, warm_up=warm) | changes


def test_stages_that_sum_to_the_whole_within_10_percent_are_said_to() -> None:
    runs = [row(10.0), row(4.0, stage="a"), row(5.5, stage="b"), row(90.0, stage="a", size=[1, 1])]

    assert notes_of(runs) == ["onnx, 64x96: 2 stages sum to 9.5 ms of 10 ms whole, within 10 %"]


def test_what_is_left_is_printed() -> None:
    (note,) = notes_of([row(10.0), row(4.0, stage="a"), row(4.0, stage="b")])

    assert note.endswith("2 stages sum to 8 ms of 10 ms whole, +2 ms (+20 %) unaccounted for")


def test_halves_that_differ_by_more_than_3_percent_are_not_relied_on() -> None:
    drifting, steady = (row(10.0, frames_ms=[10.0] * 32 + [late] * 32) for late in (10.4, 10.2))

    (note,) = notes_of([drifting, steady])

    assert "in 1 of 2 rows" in note
    assert note.endswith("whole, onnx, 64x96 (1.040)")


def test_a_warm_up_that_never_settled_is_said() -> None:
    (note,) = notes_of([row(10.0, warm_up={"frames": 9, "seconds": 60.0, "stable": False})])

    assert note == "whole, onnx, 64x96: not steady after 60 s of warming up"
