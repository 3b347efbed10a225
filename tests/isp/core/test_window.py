"""Tiles cover a frame once, and have their margin where the frame goes on."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.window import Window, windows


@given(
    height=st.integers(1, 60), width=st.integers(1, 60), side=st.integers(1, 70),
    margin=st.integers(0, 20), step=st.sampled_from([1, 2, 6]),
)  # fmt: skip
def test_every_pixel_is_of_exactly_one_tile(
    height: int, width: int, side: int, margin: int, step: int
) -> None:
    owners = torch.zeros(height, width)

    for window in windows((height, width), side, margin, step):
        window.own_place(owners).add_(1)

    assert bool((owners == 1).all())


@given(
    height=st.integers(1, 60), width=st.integers(1, 60), side=st.integers(1, 70),
    margin=st.integers(0, 20), step=st.sampled_from([1, 2, 6]),
)  # fmt: skip
def test_a_tile_begins_on_the_step_and_reaches_as_far_as_its_margin_or_the_frame(
    height: int, width: int, side: int, margin: int, step: int
) -> None:
    for w in windows((height, width), side, margin, step):
        assert (w.top % step, w.left % step) == (0, 0)
        assert w.own_top >= margin or w.top == 0
        assert w.own_left >= margin or w.left == 0
        assert w.height - w.own_top - w.own_height >= margin or w.top + w.height == height
        assert w.width - w.own_left - w.own_width >= margin or w.left + w.width == width


def test_a_tile_is_cut_and_its_own_part_put_back() -> None:
    frame = torch.arange(48).reshape(1, 1, 6, 8)
    again = torch.zeros_like(frame)

    for window in windows((6, 8), 4, 2, 2):
        tile = window.cut(frame)
        assert tile.shape[-2:] == (window.height, window.width)
        window.own_place(again).copy_(window.own(tile))

    assert torch.equal(again, frame)


@pytest.mark.parametrize(("side", "count"), [(1, 6), (7, 1), (4, 2), (5, 2)])
def test_a_side_is_a_whole_number_of_steps(side: int, count: int) -> None:
    tiles = windows((6, 1), side, 0, 1)

    assert len(tiles) == count
    assert isinstance(tiles[0], Window)
