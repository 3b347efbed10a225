"""The page of tiles has what was measured, and tiles are what it says they are."""

from apps.bench.tile_memory import SHORT, Row, measure, page


def test_a_row_of_the_page_has_megabytes() -> None:
    row = Row(
        stages=("a", "malvar2004", "z"), pixels=2_000_000, picture=28_000_000, whole=90_400_000,
        tiles=5_600_000,
    )  # fmt: skip

    text = page([row], "python -m x")

    assert "| a … z, 3 stages with malvar2004 | 2.0 | 28 | 90 | 6 |" in text
    assert "```\npython -m x\n```" in text


def test_the_picture_is_counted_as_three_planes_of_float32_and_two_masks() -> None:
    row = measure(SHORT[:6], 64)

    # Nothing was generated: that mask is one value, expanded.
    assert (row.pixels, row.picture) == (64 * 64, 64 * 64 * (3 * 4 + 2) + 1)
    assert row.tiles > 0
