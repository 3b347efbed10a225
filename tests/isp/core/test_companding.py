"""Codes stand for the nearest DN of a table, and give it back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.companding import compand, expand, nearest_code
from isp.core.errors import FrameError

tables = st.lists(st.integers(0, 4095), min_size=2, max_size=40, unique=True).map(
    lambda values: tuple(sorted(values))
)


def test_half_way_between_two_levels_the_even_code_is_taken() -> None:
    dn = torch.tensor([1.0, 3.0, 5.0, 7.0])

    assert nearest_code(dn, (0, 2, 4, 6, 8)).tolist() == [0, 2, 2, 4]


def test_dn_beyond_the_table_take_its_ends() -> None:
    dn = torch.tensor([0.0, 9.0, 31.0, 4095.0])

    assert compand(dn, (10, 20, 30)).tolist() == [10.0, 10.0, 30.0, 30.0]


def test_a_code_beyond_the_table_takes_the_last_level_as_dng_readers_do() -> None:
    assert expand(torch.tensor([0, 2, 3, 999]), (5, 6, 9)).tolist() == [5.0, 9.0, 9.0, 9.0]


def test_a_negative_code_is_refused() -> None:
    with pytest.raises(FrameError, match="-1 came"):
        expand(torch.tensor([3, -1]), (5, 6, 9))


@given(table=tables)
def test_no_level_is_nearer_than_the_one_taken(table: tuple[int, ...]) -> None:
    dn = torch.arange(4096.0).reshape(64, 64)

    taken = compand(dn, table)

    distances = np.abs(np.arange(4096)[:, None] - np.array(table)[None])
    assert torch.equal((taken - dn).abs().flatten(), torch.from_numpy(distances.min(1)).float())
    assert set(taken.flatten().tolist()) <= set(map(float, table))


@given(table=tables)
def test_what_was_companded_once_stays_as_it_is(table: tuple[int, ...]) -> None:
    once = compand(torch.arange(4096.0), table)

    assert torch.equal(compand(once, table), once)
    assert torch.equal(expand(nearest_code(once, table), table), once)


def test_without_a_table_codes_are_dn() -> None:
    dn = torch.tensor([0.0, 7.0])

    assert compand(dn, ()) is dn


def test_a_table_of_one_level_gives_it_everywhere() -> None:
    assert compand(torch.tensor([0.0, 7.0, 99.0]), (7,)).tolist() == [7.0, 7.0, 7.0]


def test_gradients_pass_through_and_the_values_are_the_same() -> None:
    dn = torch.tensor([1.0, 700.0, 65534.0])
    table = (0, 701, 65535)
    leaf = dn.clone().requires_grad_()

    stored = compand(leaf, table)
    stored.sum().backward()

    assert stored.tolist() == compand(dn, table).tolist() == [0.0, 701.0, 65535.0]
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [1.0, 1.0, 1.0]
