"""Each step on a row gives what a line of the method's description gives."""

import numpy as np
import pytest
import torch

from isp.fused.gbtf_root_rows import (
    across_change_row,
    across_row,
    diagonal_row,
    down_change_row,
    down_row,
    root_row,
    sum_row,
)
from isp.stages.demosaic.root_domain import to_root

LENGTH = 40


def rows(count: int) -> np.ndarray:
    return np.random.default_rng(3).random((count, LENGTH)).astype(np.float32) - np.float32(0.2)


def signs() -> np.ndarray:
    return np.where(np.arange(LENGTH) % 2, 1, -1).astype(np.float32)


@pytest.mark.parametrize("toe", [1e-3, 0.0])
def test_a_row_goes_under_the_root_or_stays(toe: float) -> None:
    linear, root = rows(2)

    root_row(linear, np.float32(toe), root)

    given = torch.from_numpy(linear)[None, None, None]
    wanted = to_root(given, toe)[0, 0, 0].numpy() if toe else linear
    np.testing.assert_allclose(root, wanted, rtol=0, atol=1e-6)


def test_differences_along_the_row_and_down_the_column_are_those_of_one_line() -> None:
    lines = rows(5)
    across, down = np.zeros((2, LENGTH), np.float32)

    across_row(lines[2], signs(), across)
    down_row(*lines, signs(), down)

    def wanted(at: np.ndarray) -> np.ndarray:
        return at[2] - ((at[1] + at[3]) / 2 + (2 * at[2] - at[0] - at[4]) / 4)

    along = np.stack([lines[2][k : LENGTH - 4 + k] for k in range(5)])
    np.testing.assert_allclose(across[2:-2], (signs()[2:-2] * wanted(along)), atol=1e-6)
    np.testing.assert_allclose(down, signs() * wanted(lines), atol=1e-6)


def test_changes_are_between_neighbours_on_both_sides() -> None:
    above, below = rows(2)
    beside, change, summed = np.zeros((3, LENGTH), np.float32)

    across_change_row(above, beside)
    down_change_row(above, below, change, summed)

    np.testing.assert_allclose(beside[3:-3], np.abs(above[4:-2] - above[2:-4]), atol=1e-6)
    np.testing.assert_allclose(change, np.abs(below - above), atol=1e-6)
    np.testing.assert_allclose(summed[1:-1], change[:-2] + change[1:-1] + change[2:], atol=1e-6)


def test_three_rows_are_added_up() -> None:
    lines, total = rows(3), np.zeros(LENGTH, np.float32)

    sum_row(*lines, total)

    np.testing.assert_allclose(total, lines.sum(axis=0), atol=1e-6)


def test_a_plane_s_diagonal_estimate_is_the_plane() -> None:
    # Ten thirty-seconds of four near neighbours less one of eight far ones: 40 - 8 = 32.
    line = np.arange(LENGTH, dtype=np.float32)
    rows_around = [line + 5 * row for row in (-3, -1, 1, 3)]
    diagonal = np.zeros(LENGTH, np.float32)

    diagonal_row(*rows_around, diagonal)

    np.testing.assert_allclose(diagonal[8:-8], line[8:-8], atol=1e-4)
