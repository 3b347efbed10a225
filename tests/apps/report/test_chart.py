"""A chart's CSV holds the numbers that are drawn, and its figure draws no others."""

import csv
import io
import re

import numpy as np
import pytest

from apps.report.chart import INKS, Chart, Series, inks_of
from apps.report.figures import INKS as CHANNEL_INKS
from apps.report.report import Report
from isp.core.errors import UsageError


def a_chart(log: str = "") -> Chart:
    """One series of each style."""
    x = np.array([1.0, 2.0, 4.0])
    return Chart(
        name="all_styles", caption="All", x_label="x, of course", y_label="y", log=log, alt="lines",
        marks=[("two", 2.0)],
        series=[
            Series("line", x, [1.5, 2.5, 3.5]),
            Series("dashed", x, [0.1, 0.2, 0.30000001]),
            Series("points", x[:2], [7, -8], "points"),
            Series("steps", x, [5, 6], "steps"),
            Series("band", x, x, "band", low=x - 1, high=x + 1),
        ],
    )  # fmt: skip


def test_the_csv_is_what_is_drawn() -> None:
    chart = a_chart()
    rows = list(csv.DictReader(io.StringIO(chart.csv())))
    axes = chart.figure().axes[0]

    drawn = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    for name, line in drawn.items():
        mine = [row for row in rows if row["series"] == name]
        assert [float(row["x, of course"]) for row in mine] == pytest.approx(line.get_xdata())
        assert [float(row["y"]) for row in mine] == pytest.approx(line.get_ydata(), rel=1e-6)
    (stairs,) = axes.patches
    mine = [row for row in rows if row["series"] == "steps"]
    assert [float(row["y"]) for row in mine] == list(stairs.get_data().values)
    edges = [float(mine[0]["x, of course"]), *(float(row["end of the bin"]) for row in mine)]
    assert edges == list(stairs.get_data().edges)
    assert set(drawn) | {"steps"} == {row["series"] for row in rows}


def test_a_bands_ends_are_in_the_csv() -> None:
    rows = csv.DictReader(io.StringIO(a_chart().csv()))

    ends = [(float(r["low"]), float(r["high"])) for r in rows if r["series"] == "band"]
    assert ends == [(0, 2), (1, 3), (3, 5)]


def test_values_below_0_stay_in_the_csv_of_a_logarithmic_chart() -> None:
    chart = a_chart("xy")

    assert chart.figure().axes[0].get_yscale() == "log"
    assert "points,2,,-8" in chart.csv()


def test_a_name_with_a_comma_is_quoted() -> None:
    assert a_chart().csv().startswith('series,"x, of course",end of the bin,y,low,high\n')


@pytest.mark.parametrize(
    ("x", "y", "style", "said"),
    [([1, 2], [1], "line", "2 places for 1 values"), ([1, 2], [1, 2], "steps", "1 places for 2"),
     ([1], [1], "dotted", '"dotted"'), ([1], [1], "band", "both its ends")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(
    x: list[float], y: list[float], style: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        Series("s", x, y, style)


def test_channels_are_drawn_in_their_own_colour() -> None:
    red, green, second, blue, other = inks_of(["R", "G 0,1", "G 1,0", "B", "sensor"])

    assert (red, green, blue) == tuple(CHANNEL_INKS[name] for name in "RGB")
    assert second not in (red, green, blue)
    assert other == 4  # the palette's, by its place
    series = [Series("R", [0], [1], ink=red)]
    chart = Chart(name="r", caption="", x_label="", y_label="", alt="", series=series)
    (line,) = chart.figure().axes[0].lines
    assert line.get_color() == CHANNEL_INKS["R"]


def test_numbers_of_an_axis_are_whole_and_not_beside_an_offset() -> None:
    chart = Chart(name="d", caption="", x_label="", y_label="", alt="",
                  series=[Series("dark", [0, 1], [512.0001, 512.0004])])  # fmt: skip
    figure = chart.figure()
    figure.canvas.draw()

    (axes,) = figure.axes
    assert axes.yaxis.get_offset_text().get_text() == ""
    assert all(label.get_text().startswith("512.0") for label in axes.get_yticklabels())


def luminance(colour: np.ndarray) -> float:
    """WCAG 2.2, relative luminance of sRGB."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def turned(colour: np.ndarray) -> np.ndarray:
    """CSS Filter Effects 1: invert, then hue-rotate by 180 degrees, as the dark page does."""
    found = re.search(r"invert\(([\d.]+)\) hue-rotate\(180deg\)", Report("t", "").html())
    amount = float(found.group(1))
    inverted = amount + colour * (1 - 2 * amount)
    return np.clip(2 * inverted @ [0.213, 0.715, 0.072] - inverted, 0, 1)


@pytest.mark.parametrize("ink", sorted({*INKS, *map(str, inks_of(["R", "G", "G 1", "B"]))}))
def test_every_ink_is_seen_on_the_light_page_and_on_the_dark(ink: str) -> None:
    colour, white = np.array([int(ink[at : at + 2], 16) / 255 for at in (1, 3, 5)]), np.ones(3)

    assert contrast(colour, white) >= 3  # WCAG 2.2, 1.4.11: graphics
    assert contrast(turned(colour), turned(white)) >= 3
