"""Sums over neighbours take the right ones, with the right weight."""

import torch

from isp.stages.demosaic.neighbours import box, horizontal, touched, vertical

COUNT = torch.arange(12.0).reshape(1, 1, 3, 4)


def test_a_tap_of_1_is_the_right_hand_neighbour_and_0_beyond_the_border() -> None:
    assert horizontal(COUNT, {1: 1.0})[0, 0, 0].tolist() == [1, 2, 3, 0]


def test_a_tap_of_minus_1_down_a_column_is_the_neighbour_above() -> None:
    assert vertical(COUNT, {-1: 2.0})[0, 0, :, 1].tolist() == [0, 2, 10]


def test_weights_multiply_and_add() -> None:
    assert horizontal(COUNT, {-1: 0.5, 0: 1.0, 2: -1.0})[0, 0, 1].tolist() == [-2, 0, 8.5, 10]


def test_a_box_adds_up_a_square() -> None:
    ones = torch.ones(1, 2, 4, 4)

    assert box(ones, 1)[0, 1].tolist() == [[4, 6, 6, 4], [6, 9, 9, 6], [6, 9, 9, 6], [4, 6, 6, 4]]


def test_touched_says_where_any_of_the_neighbours_is_true() -> None:
    mask = torch.tensor([[[[True, False, False, False, False]]]])

    assert touched(horizontal, mask, {-2, -1})[0, 0, 0].tolist() == [
        False,
        True,
        True,
        False,
        False,
    ]
