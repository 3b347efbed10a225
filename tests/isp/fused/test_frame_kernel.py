"""The kernel of a frame renders the rows that it is asked for, and says when it may not."""

from typing import Any

import numpy as np
import pytest

from isp.fused.borders import mirrored
from isp.fused.curves import LINEAR, PLAIN
from isp.fused.frame_kernel import render_rows

EYE = np.eye(3, dtype=np.float32).reshape(-1)


def render(dn: np.ndarray, out: np.ndarray, first: int, last: int, **changes: Any) -> bool:
    """A kernel that balances nothing, to codes in proportion to light."""
    height, width = dn.shape
    one = np.ones((2, 2), np.float32)
    given = {
        "clipped": np.empty((height, 0), np.uint8), "level": np.float32(0), "shift": 0,
        "black": 0 * one, "scale": one / 100, "curve": LINEAR,
    } | changes  # fmt: skip
    no_defects = np.zeros(height + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    return bool(
        render_rows(
            dn, given["clipped"], *mirrored((height, width)), *no_defects, given["black"],
            given["scale"], given["level"], given["shift"], first, last,
            PLAIN, EYE, EYE, np.zeros(4, np.float32), given["curve"], np.float32(255), out,
        )
    )  # fmt: skip


@pytest.mark.parametrize("shift", [0, 1])
def test_a_flat_field_is_flat_to_its_borders(shift: int) -> None:
    out = np.zeros((9, 3 * 11), np.uint8)

    assert render(np.full((9, 11), 40.0, np.float32), out, 0, 9, shift=shift)

    assert np.unique(out).tolist() == [102]  # 0.4 x 255


@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 6), (8, 9), (1, 9)])
def test_rows_are_those_of_the_whole_and_no_others_are_written(first: int, last: int) -> None:
    dn = np.random.default_rng(2).uniform(0, 100, (9, 11)).astype(np.float32)
    whole, part = np.zeros((2, 9, 33), np.uint8)

    render(dn, whole, 0, 9)
    render(dn, part, first, last)

    assert part[first:last].tolist() == whole[first:last].tolist()
    assert part[first:last].any()
    assert not np.delete(part, np.s_[first:last], axis=0).any()


def test_a_clipped_photosite_is_cut_before_it_reaches_its_neighbours() -> None:
    dn = np.full((9, 11), 40.0, np.float32)
    dn[4, 4] = 90
    clipped = np.zeros((9, 11), np.uint8)
    clipped[4, 4] = 1
    out = np.zeros((9, 33), np.uint8)

    render(dn, out, 0, 9, clipped=clipped, level=np.float32(0.4))

    assert np.unique(out).tolist() == [102]


@pytest.mark.parametrize("value", [np.nan, 1e6])
def test_a_strange_value_makes_the_result_none(value: float) -> None:
    dn = np.full((9, 11), 40.0, np.float32)
    dn[4, 4] = value

    assert not render(dn, np.zeros((9, 33), np.uint8), 0, 9)
    assert render(dn, np.zeros((9, 33), np.uint8), 7, 9)  # rows that do not see it
