"""A subject is checked before and after it is timed, and what is wrong has no time."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from apps.bench.latency.quality import Pixels
from apps.bench.latency.timing import Plan, Subject, timed
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
