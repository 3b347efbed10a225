"""What a frame will take, whole and in tiles, worked out by hand."""

import math

import pytest

from apps.bench.planning.cost import Cost, Line
from apps.bench.planning.measured import How, Part
from apps.bench.planning.prediction import in_tiles, predict, whole

EAGER = How("torch-eager", "torch cpu", "fp32")
BF16 = How("openvino", "OpenVINO CPU", "bf16")
ONE, TWO = Part((("one", "{}"),), EAGER), Part((("two", "{}"),), BF16)


def line(fixed: float, slope: float, most: float = 2.0) -> Line:
    return Line(fixed=fixed, per_megapixel=slope, least=1.0, most=most)


COSTS = {
    ONE: Cost(time_ms=line(1, 10), memory=line(0, 100e6), tail=1.5, psnr_db=40.0),
    TWO: Cost(time_ms=line(2, 5), memory=line(5e6, 50e6), tail=None, psnr_db=55.0),
}


def test_times_of_parts_add_up_and_memory_is_the_largest() -> None:
    found = predict((ONE, TWO), COSTS, whole((1000, 2000)), tails=[1.5, 3.0])

    assert found.p50_ms == pytest.approx((1 + 20) + (2 + 10))
    assert found.memory_bytes == pytest.approx(200e6)
    assert found.beyond == 1


def test_the_p99_is_by_the_largest_tail_of_its_own_parts_else_of_all() -> None:
    frame = whole((1000, 1000))

    assert predict((ONE,), COSTS, frame, [1.5, 3.0]).p99_ms == pytest.approx(11 * 1.5)
    assert predict((TWO,), COSTS, frame, [1.5, 3.0]).p99_ms == pytest.approx(7 * 3.0)
    assert predict((TWO,), COSTS, frame, []).p99_ms is None


def test_a_loss_counts_where_numbers_are_coarser() -> None:
    assert predict((ONE, TWO), COSTS, whole((1000, 1000)), []).psnr_db == 55
    assert predict((ONE,), COSTS, whole((1000, 1000)), []).psnr_db == math.inf


def test_a_loss_of_coarser_numbers_that_was_not_measured_is_not_known() -> None:
    costs = COSTS | {TWO: Cost(time_ms=line(2, 5), memory=None, tail=None, psnr_db=None)}

    assert predict((ONE, TWO), costs, whole((1000, 1000)), []).psnr_db is None


def test_tiles_pay_for_their_margins_and_their_number() -> None:
    # 1000 x 2000 in tiles of 1000 with a margin of 10, cut off at the frame: two of 1000 x 1010.
    areas = in_tiles((1000, 2000), 1000, 10, 2)

    found = predict((ONE,), COSTS, areas, [])

    assert found.p50_ms == pytest.approx(2 * (1 + 10 * 1.01))
    assert found.memory_bytes == pytest.approx(101e6 + 15 * 2e6)


def test_a_tile_inside_the_frame_has_its_margin_on_all_sides() -> None:
    # 3000 x 3000 in nine: corners 1010 x 1010, edges 1010 x 1020, the middle 1020 x 1020.
    areas = in_tiles((3000, 3000), 1000, 10, 2)

    assert dict(areas.of_pieces) == {1.0201: 4, 1.0302: 4, 1.0404: 1}


def test_unknown_memory_of_one_part_is_unknown_memory() -> None:
    costs = COSTS | {TWO: Cost(time_ms=line(2, 5), memory=None, tail=None, psnr_db=None)}

    assert predict((ONE, TWO), costs, whole((1000, 1000)), []).memory_bytes is None


def test_how_far_the_sizes_are_left_is_by_the_worst_part() -> None:
    costs = COSTS | {TWO: Cost(time_ms=line(2, 5, most=1.0), memory=None, tail=None, psnr_db=None)}

    found = predict((ONE, TWO), costs, whole((2000, 2000)), [])

    assert found.beyond == 4
    assert found.proportional == 1
