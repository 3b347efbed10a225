"""Percentiles are frames that were seen, and are withheld where too few were."""

import numpy as np
import pytest
from scipy import stats

from apps.deploy import runtime
from apps.deploy.runtime import frames_needed, nearest_rank, p99_upper, percentiles

WITHHELD = ("p95_ms", "p99_ms", "p99_upper_ms", "jitter_ms")


def frames(n: int) -> list[float]:
    """1 to n ms in an order that is not sorted."""
    return [float(v) for v in np.random.Generator(np.random.PCG64(5)).permutation(n) + 1]


@pytest.mark.parametrize(
    ("quantile", "discarded", "n"),
    [(0.90, 0, 44), (0.90, 1, 64), (0.95, 1, 130), (0.99, 0, 459), (0.99, 1, 662),
     (0.99, 2, 838), (0.999, 0, 4603)],
)  # fmt: skip
def test_the_frames_needed_are_those_of_the_printed_table(
    quantile: float, discarded: int, n: int
) -> None:
    assert frames_needed(quantile, discarded) == n


def test_the_thresholds_in_the_code_are_those_that_the_formula_gives() -> None:
    assert frames_needed(0.90) == runtime.P90_FRAMES
    assert frames_needed(0.99) == runtime.P99_FRAMES


def test_the_bound_of_662_frames_is_the_second_largest() -> None:
    assert p99_upper(frames(662)) == 661.0


@pytest.mark.parametrize("n", [662, 837, 838, 1000, 1307, 2010, 10_000, 100_000])
def test_the_bound_is_the_lowest_frame_that_scipy_calls_safe(n: int) -> None:
    bound = p99_upper(frames(n))

    assert bound is not None
    above = n - int(bound)  # frames larger than the bound
    assert stats.binom.sf(above, n, 0.01) >= 0.99
    assert stats.binom.sf(above + 1, n, 0.01) < 0.99


def test_the_bound_is_over_the_true_p99_in_99_of_100_runs() -> None:
    draws = np.random.Generator(np.random.PCG64(11)).uniform(0, 1, (2000, 1000))

    too_low = sum(1 for run in draws if p99_upper(run.tolist()) < 0.99)  # type: ignore[operator]

    # At most 1 % by right; five standard errors above it.
    assert too_low <= 2000 * 0.01 + 5 * (2000 * 0.01 * 0.99) ** 0.5


def test_a_percentile_is_of_the_nearest_rank() -> None:
    assert [nearest_rank(frames(10), q) for q in (0.5, 0.9, 0.91, 0.99)] == [5, 9, 10, 10]
    assert nearest_rank(frames(1000), 0.99) == 990.0


def test_1000_frames_give_every_figure() -> None:
    found = percentiles(frames(1000))

    assert found["p50_ms"] == 500.0
    assert (found["p90_ms"], found["p95_ms"], found["p99_ms"]) == (900.0, 950.0, 990.0)
    assert (found["min_ms"], found["max_ms"], found["mean_ms"]) == (1.0, 1000.0, 500.5)
    assert found["iqr_ms"] == 500.0
    assert found["jitter_ms"] == 490.0
    assert found["fps"] == 2.0
    assert found["stdev_ms"] == pytest.approx(np.arange(1, 1001).std(ddof=1))


def test_661_frames_give_no_p99() -> None:
    assert all(percentiles(frames(661))[name] is None for name in WITHHELD)
    assert all(percentiles(frames(662))[name] is not None for name in WITHHELD)
    assert percentiles(frames(661))["p90_ms"] == 595.0


def test_63_frames_give_median_and_range_only() -> None:
    assert percentiles(frames(63))["p90_ms"] is None
    assert percentiles(frames(64))["p90_ms"] == 58.0


def test_no_frames_are_refused() -> None:
    with pytest.raises(runtime.UsageError, match="no frame was timed"):
        percentiles([])


def test_a_run_lasts_1000_frames_or_ten_seconds_unless_said() -> None:
    assert runtime.planned_frames(20.0) == 1000
    assert runtime.planned_frames(5.0) == 2000
    assert runtime.planned_frames(0.01) == 10_000
    assert runtime.planned_frames(20.0, quick=True) == 64
    assert runtime.planned_frames(20.0, asked=700) == 700
