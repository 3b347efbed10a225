"""Rows are laid into their planes: balanced, corrected, limited, with mirrored margins."""

import numpy as np
import pytest

from isp.fused import mosaic_rows as rows
from isp.fused.borders import mirrored

BLACK = np.array([10, 20], np.float32)
SCALE = np.array([2, 3], np.float32)


def planes() -> np.ndarray:
    return np.full(rows.BUFFER, -7, np.float32)


def columns_of(buffer: np.ndarray, n: int) -> list[float]:
    """The first n columns of a row, from both planes."""
    return [float(buffer[rows.place_of(k)]) for k in range(n)]


@pytest.mark.parametrize("dtype", [np.float32, np.uint16])
@pytest.mark.parametrize("width", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("start", [-3, -2, 0, 2])
def test_a_row_is_balanced_and_what_lies_outside_is_left(
    start: int, width: int, dtype: type
) -> None:
    row = (100 + np.arange(width)).astype(dtype)
    buffer, pairs = planes(), 6

    rows.load_row(row, BLACK, SCALE, start, pairs, buffer)

    wanted = [
        (100.0 + start + k - BLACK[k & 1]) * SCALE[k & 1] if 0 <= start + k < width else -7.0
        for k in range(2 * pairs)
    ]
    assert columns_of(buffer, 2 * pairs) == wanted
    assert columns_of(buffer, 2 * pairs + 4)[-4:] == [-7] * 4


@pytest.mark.parametrize("column", range(9))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1000.1, -1000.1])
def test_the_largest_magnitude_betrays_what_is_too_large_and_what_is_no_number(
    value: float, column: int
) -> None:
    row = np.full(9, 999.0, np.float32)
    zero, one = np.zeros(2, np.float32), np.ones(2, np.float32)
    assert rows.load_row(row, zero, one, -2, 7, planes()) <= rows.LARGEST_BITS

    row[column] = value

    assert rows.load_row(row, zero, one, -2, 7, planes()) > rows.LARGEST_BITS


@pytest.mark.parametrize("start", [-3, -2])
@pytest.mark.parametrize("width", [1, 2, 3, 6, 7])
def test_margins_hold_what_the_stages_pad_with(width: int, start: int) -> None:
    row = np.arange(width, dtype=np.float32)
    zero, one, buffer = np.zeros(2, np.float32), np.ones(2, np.float32), planes()
    pairs = (width - start + 3) // 2
    _, column_of = mirrored((5, width))

    rows.load_row(row, zero, one, start, pairs, buffer)
    rows.mirror_row(column_of, width, start, pairs, buffer)

    inner = column_of[start + 3 : start + 3 + 2 * pairs]
    assert columns_of(buffer, 2 * pairs) == inner.tolist()


def test_corrected_values_take_the_places_of_the_defects_of_the_row() -> None:
    buffer = planes()
    columns, values = np.array([5, 1, 4, 40]), np.array([0.5, 0.1, 0.4, 4.0], np.float32)

    rows.correct_row(columns, values, 1, 4, -2, 5, buffer)

    assert columns_of(buffer, 10) == [-7] * 3 + [values[1]] + [-7] * 2 + [values[2]] + [-7] * 3


@pytest.mark.parametrize("place", [(3, 4), (0, 0), (7, 8), (4, 0), (2, 8)])
@pytest.mark.parametrize("start", [-3, -2, 2, 4])
def test_near_is_within_one_photosite_of_a_clipped_one(start: int, place: tuple[int, int]) -> None:
    clipped = np.zeros((8, 9), np.uint8)
    clipped[place] = 1
    pairs = 4 if start > 0 else 7
    for y in range(8):
        joined, near = (np.full(40, 1, np.uint8) for _ in range(2))

        some = rows.near_row(clipped, y, start, pairs, joined, near)

        wanted = [
            abs(y - place[0]) <= 1 and abs(start + k - place[1]) <= 1 and 0 <= start + k < 9
            for k in range(2 * pairs)
        ]
        assert some or not any(wanted)
        if some:
            assert near[: 2 * pairs].tolist() == wanted


def test_only_what_is_near_and_above_the_level_is_cut() -> None:
    buffer = planes()
    for k, value in enumerate([0.5, 2.0, 2.0, 0.5]):
        buffer[rows.place_of(k)] = value

    rows.limit_row(np.array([1, 1, 0, 0], np.uint8), np.float32(1.5), 2, buffer)

    assert columns_of(buffer, 4) == [0.5, 1.5, 2.0, 0.5]


def test_a_row_is_kept_in_both_its_places() -> None:
    buffer = planes()
    for k in range(8):
        buffer[rows.place_of(k)] = k

    rows.keep_twice(3, buffer)

    assert columns_of(buffer[rows.WINDOW * rows.LENGTH :], 8) == [0, 1, 2, 3, 4, 5, -7, -7]
