"""A subject is checked before and after it is timed, and what is wrong has no time."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from apps.bench.latency import timing
from apps.bench.latency.quality import Pixels
from apps.bench.latency.timing import Plan, Subject, begun, ended, take_turns
from isp.core.domain import Domain
from isp.core.errors import CheckError

CEILING = {"copy_bytes_per_s": 1e9}
SOON = Plan(frames=3, least_s=0.0, most_s=0.02)
GREY = np.full((1, 3, 8, 10), 0.5, dtype=np.float32)


def subject(**changes: Any) -> Subject:
    return replace(
        Subject(
            stage="whole", variant="made up", provider="none", precision="fp32", size=(8, 10),
            threads=1, work=lambda number: GREY, picture=lambda result: result,
            domain=Domain.SDR, reference=lambda number: GREY, bytes_moved=800, session_ms=4.0,
        ),
        **changes,
    )  # fmt: skip


def timed(subject: Subject, plan: Plan, ceiling: dict[str, float]) -> list[dict[str, Any]]:
    run = begun(subject, plan)
    take_turns([run])
    return ended(run, ceiling)


def test_a_row_has_its_times_its_cost_and_its_memory_per_pixel() -> None:
    (row,) = timed(subject(), SOON, CEILING)

    assert (row["n"], len(row["frames_ms"]), row["load"]) == (3, 3, "closed")
    assert row["p99_ms"] is None
    assert row["cold_ms"]["session"] == 4.0
    assert row["first_run_cost_ms"] == row["cold_ms"]["first_run"] - row["p50_ms"]
    assert row["parity"] == {"before": 0.0, "after": 0.0, "limit": 1.0}
    assert row["quality"]["max_dn"] == 0
    assert row["bytes_per_pixel"] == 10
    # 800 bytes in p50 seconds against 1e9 bytes a second.
    assert row["roofline_percent"] == pytest.approx(100 * 800 / (row["p50_ms"] * 1e-3) / 1e9)


@pytest.mark.parametrize("wrong_from", [0, 7])
def test_a_picture_more_than_a_code_off_has_no_latency_before_and_after(wrong_from: int) -> None:
    calls = iter(range(10_000))

    def work(number: int) -> Pixels:
        return GREY + np.float32(2 / 255) * (next(calls) >= wrong_from)

    with pytest.raises(CheckError, match=r"whole, made up, 8x10: input \d is 2 DN .* above 1"):
        timed(subject(work=work), SOON, CEILING)


def test_all_three_inputs_are_checked() -> None:
    def work(number: int) -> Pixels:
        return GREY * np.float32(np.nan if number == 2 else 1)

    with pytest.raises(CheckError, match="input 3 is inf DN"):
        timed(subject(work=work), SOON, CEILING)


def test_at_a_cadence_the_whole_has_a_second_row_with_two_verdicts() -> None:
    plan = replace(SOON, cadence_fps=500.0, in_flight=3, deadline_ms=40.0)

    closed, camera = timed(subject(), plan, CEILING)

    assert (closed["load"], camera["load"]) == ("closed", "cadence")
    assert (camera["fps_asked"], camera["in_flight"], camera["deadline_ms"]) == (500.0, 3, 40.0)
    assert camera["latency_verdict"] == "not shown"  # of three frames
    assert camera["rate_verdict"] in ("kept", "not kept")
    assert "roofline_percent" not in camera  # a camera's pace is no speed of the memory
    assert len(timed(subject(stage="tone"), plan, CEILING)) == 1


def test_runs_take_turns_and_the_first_frame_of_a_turn_is_not_counted() -> None:
    calls: list[str] = []

    def noted(name: str) -> Any:
        def work(number: int) -> Pixels:
            calls.append(f"{name}{number}")
            return GREY

        return work

    plan = replace(SOON, frames=5)
    runs = [begun(subject(work=noted(name)), plan) for name in "ab"]
    calls.clear()
    take_turns(runs, turns=2)

    assert calls == [
        "a0", "a0", "a1", "b0", "b0", "b1", "a2", "a2", "a3", "a4", "b2", "b2", "b3", "b4",
    ]  # fmt: skip
    assert [len(run.frames_ms) for run in runs] == [5, 5]


def test_alone_every_frame_counts_and_more_turns_than_frames_are_no_harm() -> None:
    calls: list[int] = []
    run = begun(subject(), SOON)
    run.subject = replace(run.subject, work=calls.append)

    take_turns([run], turns=8)

    assert calls == [0, 1, 2]
    assert len(run.frames_ms) == 3


def test_a_slow_spell_of_the_machine_meets_runs_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose speed drifts by half: one after the other, equal runs differ by 20 %."""
    now = [0.0]

    def work(number: int) -> Pixels:
        now[0] += 1e-3 * (1 + 0.5 * now[0])  # s
        return GREY

    def told(work: Any, n: int) -> list[float]:
        times = []
        for number in range(n):
            start = now[0]
            work(number)
            times.append(1e3 * (now[0] - start))
        return times

    monkeypatch.setattr(timing, "closed", told)

    def apart(turns: int) -> float:
        runs = [begun(subject(), replace(SOON, frames=400)) for _ in "ab"]
        for run in runs:
            run.subject = replace(run.subject, work=work)
        now[0] = 0.0
        take_turns(runs, turns=turns)
        first, second = (np.median(run.frames_ms) for run in runs)
        return float(abs(second / first - 1))

    assert apart(turns=1) > 0.20
    assert apart(turns=8) < 0.03


def test_the_reference_itself_is_not_held_against_anything() -> None:
    (row,) = timed(subject(reference=None), SOON, CEILING)

    assert (row["parity"], row["quality"]) == (None, None)


def test_a_coarser_precision_is_held_to_40_decibels() -> None:
    def off(share: float) -> Subject:
        return subject(precision="bf16", work=lambda number: GREY + np.float32(share))

    (row,) = timed(off(0.009), SOON, CEILING)

    assert row["parity"]["before"] == pytest.approx(0.009, rel=1e-4)
    assert row["parity"]["limit"] == 0.01
    with pytest.raises(CheckError, match=r"0\.011 of full scale \(rms\) from .* above 0\.01"):
        timed(off(0.011), SOON, CEILING)
