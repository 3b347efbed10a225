"""A comparison finds what is slower and lets be what only follows its own noise."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from apps.bench.latency.comparison import (
    IMPROVEMENT,
    NO_DIFFERENCE,
    REGRESSION,
    TOO_FEW,
    Compared,
    compare,
    holm,
)
from tests.apps.bench.latency.result_files import following_times, result_of, run_of

RESAMPLES = 400


def verdicts(old: Any, new: Any, **options: Any) -> list[str]:
    found = compare(result_of(run_of(old)), result_of(run_of(new)), **options)
    return [row.verdict for row in found.rows]


def test_a_planted_slowdown_of_10_percent_is_found_in_median_and_p99() -> None:
    old = following_times(1000, seed=1)
    new = 1.10 * following_times(1000, seed=2)

    found = compare(result_of(run_of(old)), result_of(run_of(new)))

    median, p99 = found.rows
    assert median.verdict == REGRESSION
    assert median.low < 1.10 < median.high
    assert median.low > 1.05
    assert (median.quantile, p99.quantile) == (0.5, 0.99)
    assert p99.ratio == pytest.approx(1.10, rel=0.05)
    assert found.regressions[0] is median


def test_the_same_slowdown_the_other_way_round_is_an_improvement() -> None:
    old = 1.10 * following_times(1000, seed=1)
    new = following_times(1000, seed=2)

    assert verdicts(old, new)[0] == IMPROVEMENT


def test_a_run_against_itself_shows_no_difference() -> None:
    times = following_times(700, seed=5)

    assert verdicts(times, times) == [NO_DIFFERENCE] * 2


def test_reruns_of_noisy_times_are_hardly_ever_called_different() -> None:
    alarms = sum(
        verdicts(
            following_times(700, seed=2 * i, follows=0.7, spread=0.2),
            following_times(700, seed=2 * i + 1, follows=0.7, spread=0.2),
            resamples=RESAMPLES,
        ) != [NO_DIFFERENCE] * 2
        for i in range(60)
    )  # fmt: skip

    assert alarms / 60 < 0.05


@pytest.mark.slow
def test_reruns_without_any_tolerance_are_called_different_in_about_5_percent() -> None:
    rounds = 400
    alarms = sum(
        verdicts(
            following_times(600, seed=2 * i), following_times(600, seed=2 * i + 1),
            tolerance=0.0, resamples=1000,
        ) != [NO_DIFFERENCE]
        for i in range(rounds)
    )  # fmt: skip

    # Blocks of 9 keep most of what follows with 0.5; blocks of one would alarm in 26 %.
    assert 0.01 < alarms / rounds < 0.12


def test_a_slowdown_within_the_tolerance_is_let_pass() -> None:
    old, new = (
        following_times(1000, seed=1, spread=0.01),
        following_times(1000, seed=2, spread=0.01),
    )

    assert verdicts(old, 1.04 * new)[0] == NO_DIFFERENCE
    assert verdicts(old, 1.04 * new, tolerance=0.02)[0] == REGRESSION


def test_fewer_than_64_frames_are_never_a_regression_and_fewer_than_662_have_no_p99() -> None:
    old, new = following_times(661, seed=1), 2 * following_times(661, seed=2)

    assert verdicts(old, new) == [REGRESSION]
    assert verdicts(old[:63], new[:63]) == [TOO_FEW]
    assert verdicts(old[:64], new[:64]) == [REGRESSION]


def test_rows_are_matched_by_their_key_and_the_rest_is_named() -> None:
    times = following_times(64, seed=1)
    old = result_of(run_of(times, stage="tone"), run_of(times), run_of(times, load="cadence"))
    new = result_of(run_of(times), run_of(times, size=[64, 97]))

    found = compare(old, new)

    assert [row.key.stage for row in found.rows] == ["whole"]
    assert [str(key) for key in found.only_old] == [
        "tone, onnx, CPUExecutionProvider, fp32, 64x96, closed",
        "whole, onnx, CPUExecutionProvider, fp32, 64x96, cadence",
    ]
    assert [key.size for key in found.only_new] == [(64, 97)]


def test_another_machine_another_library_and_another_thread_count_are_named() -> None:
    times = following_times(64, seed=1)
    old = result_of(run_of(times))
    new = result_of(
        run_of(times, threads=2), cpu="another", load_average_at_start=9.0,
        versions={"numpy": "2.4.6", "onnxruntime": "1.17.0"},
    )  # fmt: skip

    assert compare(old, new).differences == (
        "cpu: 'made up' against 'another'",
        "versions.onnxruntime: '1.31.1' against '1.17.0'",
        "threads of whole, onnx, CPUExecutionProvider, fp32, 64x96, closed: 1 against 2",
    )


def test_holm_asks_the_smallest_p_the_hardest_question() -> None:
    times = following_times(64, seed=1)
    (row,) = compare(result_of(run_of(times)), result_of(run_of(2 * times))).rows

    def judged(*ps: float) -> list[str]:
        return [r.verdict for r in holm([replace(row, p=p) for p in ps])]

    # Against 0.05 / 3, 0.05 / 2 and 0.05, in order of p, until one does not pass.
    assert judged(0.04, 0.01, 0.02) == [REGRESSION] * 3
    assert judged(0.04, 0.01, 0.03) == [NO_DIFFERENCE, REGRESSION, NO_DIFFERENCE]
    assert judged(0.017, 0.02, 0.02) == [NO_DIFFERENCE] * 3


def test_p_counts_the_resamples_within_the_tolerance_on_both_sides() -> None:
    times = np.full(64, 8.0)

    same, twice = (
        compare(result_of(run_of(times)), result_of(run_of(f * times)), resamples=99).rows[0]
        for f in (1, 2)
    )

    assert isinstance(same, Compared)
    assert same.p == 1
    assert twice.p == pytest.approx(2 / 100)


def test_frames_that_took_turns_share_the_machine_s_drift() -> None:
    """A drift of 30 % hides 10 % between two runs, and not between two that took turns."""
    drift = following_times(1500, seed=4, follows=0.999, spread=0.3)
    old = drift * following_times(1500, seed=5, mean_ms=1.0, spread=0.02)
    new = 1.1 * drift * following_times(1500, seed=6, mean_ms=1.0, spread=0.02)
    turns = {"turns": "one"}

    apart = compare(result_of(run_of(old)), result_of(run_of(new)), resamples=500)
    together = compare(
        result_of(run_of(old, **turns)), result_of(run_of(new, **turns)), resamples=500
    )

    assert apart.rows[0].verdict == "no difference shown"
    assert together.rows[0].verdict == "regression"
    assert together.rows[0].ratio == apart.rows[0].ratio
