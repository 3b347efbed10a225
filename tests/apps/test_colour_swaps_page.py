"""The page holds every figure that was measured, under its own heading."""

from apps.colour_swaps_page import page


def test_every_figure_stands_in_its_row() -> None:
    text = page(
        command="python -m apps.colour_swaps",
        kelvin=2891.4,
        exposures={"as_shot": 8.0, "chart": 0.5},
        swaps={"as_shot": {"ours": 15.0, "theirs": 14.5}, "chart": {"ours": 3.25, "theirs": 4.75}},
        adaptations={"as_shot": {"XYZ": 16.0}, "chart": {"XYZ": 5.5}},
        cast={2600: (1.0, 2.0, 3.0, 4.0)},
        automatic={"grey_world": ((2.0, 1.0, 1.5), 7.25, 9.0, 10.0)},
    )

    assert "```\npython -m apps.colour_swaps\n```" in text
    assert "balance of the file +3.00 EV, balance of the chart's greys -1.00 EV" in text
    assert "| ours | 15.00 | 3.25 |\n| theirs | 14.50 | 4.75 |" in text
    assert "| XYZ | 16.00 | 5.50 |" in text
    assert "imply 2891 K" in text
    assert "| 2600 | 1.00 | 2.00 | 3.00 | 4.00 |" in text
    assert "| grey_world | 2.000, 1.000, 1.500 | 7.2 | 9.00 | 10.00 |" in text
