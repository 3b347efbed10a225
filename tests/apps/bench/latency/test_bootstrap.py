"""Resampled quantiles have the law that the blocks give them, from keyed draws alone."""

import numpy as np
import pytest
import scipy.stats
from numpy.random import Generator, Philox

from apps.bench.latency.bootstrap import quantile, resampled
from tests.apps.bench.latency.result_files import following_times


def test_blocks_of_one_agree_with_scipys_bootstrap() -> None:
    times = Generator(Philox(4)).lognormal(2.0, 0.2, 300)

    ours = resampled(times, [0.5], stream=0, block=1)[:, 0]
    theirs = scipy.stats.bootstrap(
        (times,), lambda rows, axis: np.quantile(rows, 0.5, axis=axis, method="inverted_cdf"),
        n_resamples=10_000, method="percentile", rng=Generator(Philox(5)), batch=1000,
    )  # fmt: skip

    # Quantiles near 2.5 % of 10 000 resamples have a rank error of 16, 1/6 of a standard error.
    error = theirs.standard_error
    assert ours.std() == pytest.approx(error, rel=0.03)  # each is known to 0.7 %
    assert np.quantile(ours, 0.025) == pytest.approx(theirs.confidence_interval.low, abs=error / 4)
    assert np.quantile(ours, 0.975) == pytest.approx(theirs.confidence_interval.high, abs=error / 4)


def test_a_run_of_three_in_blocks_of_two_has_the_medians_worked_out_by_hand() -> None:
    # Blocks 12 or 23, two of them cut to three: 121, 122, 231 or 232, as likely as each other.
    medians = resampled([1.0, 2.0, 3.0], [0.5], stream=0, resamples=40_000, block=2)[:, 0]

    assert set(medians) == {1.0, 2.0}
    assert np.mean(medians == 1.0) == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 40_000))


def test_blocks_widen_the_interval_of_times_that_follow_each_other() -> None:
    times = following_times(1000, seed=3, follows=0.6)

    alone = resampled(times, [0.5], stream=0, block=1).std()
    followed = resampled(times, [0.5], stream=0).std()

    assert followed > 1.4 * alone  # twice for the mean: sqrt((1 + 0.6) / (1 - 0.6))


def test_the_same_times_give_the_same_resamples_and_another_stream_others() -> None:
    times = following_times(100, seed=1)

    first = resampled(times, [0.5, 0.99], stream=0, resamples=200)

    np.testing.assert_array_equal(resampled(times, [0.5, 0.99], stream=0, resamples=200), first)
    assert not np.array_equal(resampled(times, [0.5, 0.99], stream=1, resamples=200), first)


def test_resamples_are_those_of_a_longer_run_of_resamples() -> None:
    times = np.arange(1.0, 4_000_001.0 / 1000)  # held 1000 at a time

    many = resampled(times, [0.5], stream=0, resamples=1100)

    np.testing.assert_array_equal(many[:300], resampled(times, [0.5], stream=0, resamples=300))
    assert not np.array_equal(many[1000:1100], many[:100])


def test_one_frame_can_only_be_drawn_again() -> None:
    assert resampled([7.0], [0.5, 0.99], stream=0, resamples=3).tolist() == [[7.0, 7.0]] * 3


def test_the_nearest_rank_is_not_pushed_up_by_binary_fractions() -> None:
    assert quantile(range(1, 101), 0.99) == 99.0  # 0.99 x 100 is above 99 in some products
    assert quantile(range(1, 663), 0.99) == 656.0  # ceil(655.38)
