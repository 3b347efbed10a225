"""Black levels meet the filters' period without any photosite losing its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isp.files.black_cells import cut_to_origin, sites_and_surplus, surplus_map

RGGB = [["R", "G"], ["G", "B"]]
cells = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda size: st.lists(
        st.lists(st.sampled_from([60.0, 64.25, 66.0]), min_size=size[1], max_size=size[1]),
        min_size=size[0], max_size=size[0],
    )
)  # fmt: skip


@given(black=cells)
def test_level_and_surplus_are_the_black_of_every_photosite(black: list[list[float]]) -> None:
    levels, cell = sites_and_surplus(RGGB, black)
    surplus, mean = surplus_map((12, 12), cell, None, None)

    assert len(levels) == 4
    assert mean == 0
    for y in range(12):
        for x in range(12):
            whole = levels[2 * (y % 2) + x % 2] + surplus[y, x]
            assert abs(whole - black[y % len(black)][x % len(black[0])]) < 1e-9
    # Over whole periods (12 is one of all) a site has no surplus on average.
    assert abs(surplus.reshape(6, 2, 6, 2).mean(axis=(0, 2))).max() < 1e-9


def test_a_cell_that_repeats_within_the_pattern_has_no_surplus() -> None:
    four_by_four = [[60.0, 61.0, 60.0, 61.0], [62.0, 63.0, 62.0, 63.0]] * 2

    assert sites_and_surplus(RGGB, four_by_four) == ([60.0, 61.0, 62.0, 63.0], None)
    assert sites_and_surplus(RGGB, [[64.5]]) == ([64.5] * 4, None)


def test_deltas_lose_their_mean_and_nothing_else() -> None:
    across, down = np.array([0.0, 1.0, 5.0]), np.array([-2.0, 2.5])

    surplus, mean = surplus_map((2, 3), None, across, down)

    assert mean == 2.25
    np.testing.assert_allclose(surplus + mean, down[:, None] + across[None, :])


def test_an_odd_margin_shifts_the_pattern() -> None:
    assert cut_to_origin(RGGB, 1, 1) == [["B", "G"], ["G", "R"]]
    assert cut_to_origin(RGGB, 26, 152) == RGGB
