"""Black levels and filters meet on one period without any value moving."""

from hypothesis import given
from hypothesis import strategies as st

from isp.files.black_cells import cut_to_origin, on_one_period

RGGB = [["R", "G"], ["G", "B"]]
cells = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda size: st.lists(
        st.lists(st.sampled_from([60.0, 64.25, 66.0]), min_size=size[1], max_size=size[1]),
        min_size=size[0], max_size=size[0],
    )
)  # fmt: skip


@given(black=cells)
def test_every_photosite_keeps_its_filter_and_its_black(black: list[list[float]]) -> None:
    pattern, levels = on_one_period(RGGB, black)

    rows, columns = len(pattern), len(pattern[0])
    for y in range(12):
        for x in range(12):
            assert pattern[y % rows][x % columns] == RGGB[y % 2][x % 2]
            level = levels[(y % rows) * columns + x % columns]
            assert level == black[y % len(black)][x % len(black[0])]


def test_a_large_cell_that_repeats_leaves_bayer_alone() -> None:
    four_by_four = [[60.0, 61.0, 60.0, 61.0], [62.0, 63.0, 62.0, 63.0]] * 2

    assert on_one_period(RGGB, four_by_four) == (RGGB, [60.0, 61.0, 62.0, 63.0])


def test_an_odd_margin_shifts_the_pattern() -> None:
    assert cut_to_origin(RGGB, 1, 1) == [["B", "G"], ["G", "R"]]
    assert cut_to_origin(RGGB, 26, 152) == RGGB
