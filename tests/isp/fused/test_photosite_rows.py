"""A row with its margins is balanced, corrected, cut and continued, each where it exists."""

import numpy as np
import pytest

from isp.fused.photosite_rows import balance_row, continue_row, cut_row, put_row


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize("kind", [np.float32, np.uint16])
@pytest.mark.parametrize("start", [-2, 0, 1])
def test_the_columns_that_exist_are_balanced_each_as_its_site(start: int, kind: type) -> None:
    row, balanced = np.array([10, 20, 30, 40], kind), floats(*[9] * 6)
    black, scale = floats(*[1, 2] * 3), floats(*[0.5, 0.25] * 3)

    balance_row(row, black, scale, start, 6, balanced)

    for k in range(6):
        inside = 0 <= start + k < 4
        wanted = (float(row[start + k]) - black[k]) * scale[k] if inside else 9
        assert balanced[k] == wanted


def test_the_largest_magnitude_is_found_and_nan_is_above_all() -> None:
    none, one = floats(0, 0, 0), floats(1, 1, 1)

    def worst(*values: float) -> int:
        return int(balance_row(floats(*values), none, one, 0, 3, floats(0, 0, 0)))

    assert worst(1, -3, 2) == int(np.float32(3).view(np.int32))
    assert worst(1, np.nan, 2) > worst(1, np.inf, 2) > worst(1, 1e30, 2)


def test_corrected_values_take_the_place_of_the_defects_of_the_row() -> None:
    balanced = floats(0, 0, 0, 0)

    put_row(np.array([1, 4, 5, 9]), floats(7, 8, 6, 5), 1, 4, 3, 4, balanced)

    assert balanced.tolist() == [0, 8, 6, 0]  # the first is another row's, the last beyond the end


def test_only_photosites_near_clipped_ones_are_cut() -> None:
    balanced = floats(3, 3, 0.5, 3)

    cut_row(np.array([0, 1, 1, 1], np.uint8), np.float32(1), 4, balanced)

    assert balanced.tolist() == [3, 1, 0.5, 1]


def test_columns_outside_are_those_inside_that_they_mirror() -> None:
    column_of = np.array([2, 1, 0, 1, 2, 3, 2, 1])  # -2..5 of four columns
    balanced = floats(9, 9, 10, 11, 12, 13, 9, 9)

    continue_row(column_of, 2, 4, -2, 8, balanced)

    assert balanced.tolist() == [12, 11, 10, 11, 12, 13, 12, 11]
