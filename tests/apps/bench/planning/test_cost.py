"""A cost is a line through what was measured, never below nothing."""

import pytest

from apps.bench.planning.cost import cost_of, line_through
from apps.bench.planning.measured import Point


def test_three_points_of_a_line_give_it_back() -> None:
    line = line_through([(1, 5), (2, 8), (4, 14)])

    assert (line.fixed, line.per_megapixel) == pytest.approx((2, 3))
    assert line.at(10) == pytest.approx(32)
    assert not line.is_proportional


def test_one_size_is_taken_as_proportional_by_the_median_of_its_rows() -> None:
    line = line_through([(2, 10), (2, 11), (2, 99)])

    assert (line.fixed, line.per_megapixel) == (0, 5.5)
    assert line.is_proportional


def test_errors_count_by_their_share() -> None:
    # Through 0 by least relative squares: b = sum(x/y) / sum((x/y)^2), x/y being 1, 1 and 1/2.
    line = line_through([(1, 1), (2, 2), (4, 8)])

    # With a >= 0 binding: costs rise faster than the area, and a line through them starts below 0.
    assert line.fixed == 0
    assert line.per_megapixel == pytest.approx(2.5 / 2.25)


def test_a_cost_that_falls_with_the_size_is_taken_as_constant() -> None:
    # Least relative squares of a constant: a = sum(1/y) / sum(1/y^2) = (1/4 + 1/2) / (1/16 + 1/4).
    line = line_through([(1, 4), (2, 2)])

    assert line.per_megapixel == 0
    assert line.fixed == pytest.approx(2.4)


def test_how_far_beyond_is_told_above_and_below() -> None:
    line = line_through([(1, 5), (4, 14)])

    assert (line.beyond(2), line.beyond(12), line.beyond(0.25)) == (1, 3, 4)


def test_memory_that_was_not_seen_to_grow_stays_what_it_was_at_most() -> None:
    assert line_through([(1, 0), (2, 6)]).at(100) == 6


def test_memory_is_known_where_every_row_tells_it() -> None:
    told = [Point(megapixels=mp, p50_ms=mp, peak_bytes=100 * mp) for mp in (1, 2)]
    untold = Point(megapixels=4, p50_ms=4)

    memory = cost_of(told).memory
    assert memory is not None
    assert memory.at(3) == pytest.approx(300)
    assert cost_of([*told, untold]).memory is None


def test_the_worst_tail_and_the_worst_loss_are_kept() -> None:
    points = [
        Point(megapixels=1, p50_ms=10, p99_ms=12, psnr_db=60),
        Point(megapixels=2, p50_ms=20, p99_ms=30, psnr_db=55),
        Point(megapixels=3, p50_ms=30),
    ]

    cost = cost_of(points)

    assert (cost.tail, cost.psnr_db) == (1.5, 55)
    assert cost_of(points[2:]).tail is None
