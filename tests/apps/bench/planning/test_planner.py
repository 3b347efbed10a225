"""What keeps a budget comes best first, and where nothing does, what comes nearest."""

import math
from typing import Any

import pytest

from apps.bench.planning.alternatives import Alternative
from apps.bench.planning.measured import How, Measured, Part, Point
from apps.bench.planning.planner import Found, Limits, plan
from isp.core.errors import MissingError

A, B, SMALL_B = ("a", "{}"), ("b", "{}"), ("small_b", "{}")
EAGER = How("torch-eager", "torch cpu", "fp32")
BF16 = How("openvino", "OpenVINO CPU", "bf16")
FP16 = How("onnx", "CPUExecutionProvider", "fp16")
MB = 1_000_000
SIZE = (1000, 1000)


def form(*steps: tuple[str, str], rank: int = 0, **changes: Any) -> Alternative:
    given: dict[str, Any] = {
        "rank": (rank,), "changes": ("small",) * rank, "steps": steps, "halo": None, "step": 2,
    }  # fmt: skip
    return Alternative(**(given | changes))


BEST, SMALL = form(A, B), form(A, SMALL_B, rank=1)


def points(ms: float, *, mb: float | None = 10, **more: float) -> list[Point]:
    """Proportional to the area, measured at 1 and 2 megapixels."""
    return [
        Point(
            megapixels=mp, p50_ms=ms * mp, peak_bytes=None if mb is None else mb * MB * mp, **more
        )
        for mp in (1, 2)
    ]  # fmt: skip


MEASURED = Measured(
    points={Part((A,), EAGER): points(5), Part((B,), EAGER): points(40),
            Part((SMALL_B,), EAGER): points(15, mb=30)},
    nameless={},
)  # fmt: skip


def asked(budget_ms: float, memory_mb: float | None = None, measured: Measured = MEASURED) -> Found:
    memory = None if memory_mb is None else memory_mb * MB
    return plan([BEST, SMALL], measured, SIZE, Limits(budget_ms=budget_ms, memory_bytes=memory))


def test_what_fits_comes_best_first() -> None:
    found = asked(50)

    assert [c.alternative.changes for c in found.fitting] == [(), ("small",)]
    assert [c.predicted.p50_ms for c in found.fitting] == pytest.approx([45, 20])
    assert found.nearest is None


def test_a_smaller_budget_takes_the_smaller_form_alone() -> None:
    assert [c.alternative.changes for c in asked(44).fitting] == [("small",)]


def test_a_budget_that_is_just_met_is_kept() -> None:
    assert len(asked(20.0001).fitting) == 1
    assert asked(19.9999).fitting == []


def test_memory_is_a_limit_of_its_own() -> None:
    assert [c.alternative.changes for c in asked(50, 20).fitting] == [()]


def test_the_nearest_miss_is_by_the_limit_that_it_breaks_most() -> None:
    # Of 10 ms and 20 MB: 45 ms are 4.5 times the time; 20 ms are 2 times, 30 MB 1.5 times.
    nearest = asked(10, 20).nearest

    assert nearest is not None
    assert nearest.alternative is SMALL
    assert nearest.over == pytest.approx(2)


def test_a_budget_is_held_to_the_p99_where_one_was_measured() -> None:
    tailed = Measured(
        points=MEASURED.points | {Part((B,), EAGER): points(40, p99_ms=60)}, nameless={}
    )
    # At 2 megapixels the ratio is 60/80; the largest one, of 1 megapixel, is 60/40.
    assert asked(67, measured=tailed).fitting[0].alternative is SMALL
    assert asked(68, measured=tailed).fitting[0].predicted.p99_ms == pytest.approx(67.5)
    assert any("assumption" in note for note in asked(68, measured=tailed).notes)


def test_without_a_p99_the_median_is_judged_and_that_is_said() -> None:
    assert any("held to the predicted median" in note for note in asked(50).notes)


def test_unknown_memory_is_not_shown_to_fit() -> None:
    untold = Measured(
        points=MEASURED.points | {Part((B,), EAGER): points(40, mb=None)}, nameless={}
    )

    assert [c.alternative for c in asked(50, 1000, untold).fitting] == [SMALL]
    assert [c.alternative for c in asked(50, None, untold).fitting] == [BEST, SMALL]


def test_full_precision_stands_before_a_measured_loss_and_the_smaller_loss_first() -> None:
    coarse = {Part((A, B), FP16): points(8, psnr_db=60), Part((A, B), BF16): points(9, psnr_db=70)}
    measured = Measured(points=MEASURED.points | coarse, nameless={})

    ways = [c for c in asked(50, measured=measured).fitting if c.alternative is BEST]

    assert [c.predicted.psnr_db for c in ways] == [math.inf, 70, 60]


def test_a_loss_that_was_not_measured_stands_last() -> None:
    coarse = {Part((A, B), FP16): points(8), Part((A, B), BF16): points(9, psnr_db=45)}
    measured = Measured(points=MEASURED.points | coarse, nameless={})

    found = asked(50, measured=measured)

    ways = [c.predicted.psnr_db for c in found.fitting if c.alternative is BEST]
    assert ways == [math.inf, 45, None]
    assert any("no loss was measured" in note for note in found.notes)


def test_tiles_are_taken_where_whole_frames_hold_too_much() -> None:
    tileable = form(A, B, halo=10)
    heavy = Measured(points=MEASURED.points | {Part((B,), EAGER): points(40, mb=30)}, nameless={})

    found = plan([tileable], heavy, (2000, 2000),
                 Limits(budget_ms=1000, memory_bytes=70 * MB), tiles=(500, 1000))  # fmt: skip
    roomy = plan([tileable], heavy, (2000, 2000), Limits(budget_ms=1000))

    # The largest of 16 is 520 x 520: 0.2704 MP of 30 MB; and 60 MB of the picture they make.
    # Four of 1000 would hold 30.6 MB beside it; the whole frame 120 MB.
    (fitting,) = found.fitting
    assert fitting.tile == 500
    assert fitting.predicted.memory_bytes == pytest.approx((0.2704 * 30 + 60) * MB)
    assert [c.tile for c in roomy.fitting] == [None]


def test_what_was_not_timed_is_left_out_and_named() -> None:
    measured = Measured(
        points={p: v for p, v in MEASURED.points.items() if p.steps != (B,)}, nameless={}
    )

    found = asked(50, measured=measured)

    assert [c.alternative for c in found.fitting] == [SMALL]
    assert found.notes[-1] == "left out, for no time of them is known: b"


def test_targets_that_time_nothing_of_the_recipe_are_refused() -> None:
    with pytest.raises(MissingError, match=r"no times of any form of the recipe; not timed: a, b"):
        plan([BEST], Measured(points={Part((("c", "{}"),), EAGER): points(1)}, nameless={}),
             SIZE, Limits(budget_ms=1))  # fmt: skip


def test_a_whole_without_stages_is_listed_last() -> None:
    nameless = {Part((("jetson as it was measured", "{}"),), FP16): points(1)}

    found = asked(50, measured=Measured(points=MEASURED.points, nameless=nameless))

    assert [c.alternative.changes for c in found.fitting] == [(), ("small",), ("stages not told",)]


def test_more_than_twice_beyond_the_measured_sizes_is_said() -> None:
    inside, beyond = (
        plan([BEST], MEASURED, size, Limits(budget_ms=1e6)) for size in ((2000, 2000), (2000, 3000))
    )

    assert not any("extrapolated" in note for note in inside.notes)
    assert "extrapolated: up to 3.0 times beyond the sizes that were measured" in beyond.notes


def test_a_part_of_one_size_alone_is_said_to_be_taken_as_proportional() -> None:
    single = Measured(
        points=MEASURED.points | {Part((B,), EAGER): [Point(megapixels=1, p50_ms=40)]}, nameless={}
    )

    assert any("proportional" in note for note in asked(50, measured=single).notes)
    assert not any("proportional" in note for note in asked(50).notes)
