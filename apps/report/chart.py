"""A chart as data: what is drawn is what can be downloaded."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from apps.report.figures import INKS as CHANNEL_INKS
from apps.report.report import Report
from isp.core.errors import UsageError

# Tol's bright scheme, told apart by colour-blind readers, but for its yellow and its cyan, which
# are darker here: every ink has a contrast of 3 on white, and where the page turns it for the dark.
INKS: Final = ("#4477aa", "#ee6677", "#228833", "#aa8800", "#0e8fae", "#aa3377", "#777777")
DARKER: Final = 0.35  # share of black in the ink of a colour's second site
STYLES: Final = ("line", "dashed", "points", "steps", "band")
DIGITS: Final = 7

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line, row of points or band of a chart.

    x, y: any length; for "steps", x are the edges and y one fewer; for "band", y is the middle,
    low and high its ends. ink: place in the palette, or a colour as "#2c8a4b"; the palette's next
    one without it.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    style: str = "line"
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    ink: int | str | None = None

    def __post_init__(self) -> None:
        """Check that what is drawn has a place.

        Raises UsageError.
        """
        lengths = np.size(self.x) - (self.style == "steps"), np.size(self.y)
        if self.style not in STYLES or lengths[0] != lengths[1]:
            raise UsageError(
                f'series "{self.name}" has {lengths[0]} places for {lengths[1]} values, style '
                f'"{self.style}" of {", ".join(STYLES)}'
            )
        if self.style == "band" and (self.low is None or self.high is None):
            raise UsageError(f'the band "{self.name}" needs both its ends')


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chart:
    """Series over two axes.

    name: of the downloaded file, without its ending. caption: what the chart shows. log: which
    axes are logarithmic, "", "x", "y" or "xy". marks: x values to point out, by name. alt: for
    who cannot see it. equal: photosites, drawn square, rows downwards.
    """

    name: str
    caption: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    alt: str
    log: str = ""
    marks: Sequence[tuple[str, float]] = ()
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    equal: bool = False

    def figure(self) -> Figure:
        """Draw it. Values that a logarithmic axis has no place for are left out of the drawing."""
        figure = Figure(figsize=(7.2, 4.0), layout="constrained")
        axes = figure.add_subplot()
        for index, series in enumerate(self.series):
            ink = index if series.ink is None else series.ink
            _draw(axes, series, INKS[ink % len(INKS)] if isinstance(ink, int) else ink)
        for name, place in self.marks:
            axes.axvline(place, color="#777777", linewidth=0.8, linestyle=":")
            axes.annotate(
                name, (place, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom",
                fontsize="small", color="#555555",
            )  # fmt: skip
        if "x" in self.log:
            axes.set_xscale("log", nonpositive="mask")
        if "y" in self.log:
            axes.set_yscale("log", nonpositive="mask")
        if "x" not in self.log:  # a number read off an axis is the number itself
            axes.ticklabel_format(axis="x", useOffset=False)
        if "y" not in self.log:
            axes.ticklabel_format(axis="y", useOffset=False)
        if self.x_limits:
            axes.set_xlim(*self.x_limits)
        if self.y_limits:
            axes.set_ylim(*self.y_limits)
        if self.equal:
            axes.set_aspect("equal")
            axes.invert_yaxis()
        axes.set_xlabel(self.x_label)
        axes.set_ylabel(self.y_label)
        if len(self.series) > 1:
            axes.legend(
                loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize="small", frameon=False
            )
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.grid(True, color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        return figure

    def csv(self) -> str:
        """The same numbers as text: a row a point, its series first.

        Steps have x and x_end; bands have low and high.
        """
        bands = any(series.style == "band" for series in self.series)
        steps = any(series.style == "steps" for series in self.series)
        held = io.StringIO()
        writer = csv.writer(held, lineterminator="\n")
        writer.writerow(
            ["series", self.x_label, *(["end of the bin"] if steps else []), self.y_label]
            + (["low", "high"] if bands else [])
        )
        for series in self.series:
            x, y = _flat(series.x), _flat(series.y)
            ends = x[1:] if series.style == "steps" else None
            for index, value in enumerate(y):
                row = [series.name, _text(x[index])]
                if steps:
                    row.append("" if ends is None else _text(ends[index]))
                row.append(_text(value))
                if bands:
                    sides = (series.low, series.high)
                    row += ["" if s is None else _text(_flat(s)[index]) for s in sides]
                writer.writerow(row)
        return held.getvalue()

    def add_to(self, report: Report) -> None:
        """Draw it into a report, its numbers linked below."""
        report.add_figure(self.caption, self.figure(), self.alt, data=self.csv(), name=self.name)


def inks_of(names: Sequence[str]) -> list[int | str]:
    """Inks of colour channels or sites by their names ("R", "G 0,1"): red is drawn red.

    A colour's second site is darker than its first; what is no colour takes the palette.
    """
    inks: list[int | str] = []
    firsts: set[str] = set()
    for index, name in enumerate(names):
        colour = name.split(" ")[0]
        ink = CHANNEL_INKS.get(colour)
        if ink is None:
            inks.append(index)
        else:
            inks.append(_darker(ink) if colour in firsts else ink)
        firsts.add(colour)
    return inks


def _darker(ink: str) -> str:
    parts = (int(ink[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * (1 - DARKER)):02x}" for part in parts)


def _draw(axes: Any, series: Series, ink: str) -> None:
    x, y = _flat(series.x), _flat(series.y)
    if series.style == "points":
        axes.plot(x, y, "o", color=ink, markersize=3.4, alpha=0.8, markeredgewidth=0,
                  label=series.name)  # fmt: skip
    elif series.style == "steps":
        axes.stairs(y, x, color=ink, linewidth=1.2, label=series.name)
    else:
        if series.style == "band":
            assert series.low is not None  # checked when it was made
            assert series.high is not None
            axes.fill_between(
                x, _flat(series.low), _flat(series.high), color=ink, alpha=0.25, linewidth=0
            )
        dash = "--" if series.style == "dashed" else "-"
        axes.plot(x, y, dash, color=ink, linewidth=1.4, label=series.name)


def _flat(values: ArrayLike) -> Values:
    return np.asarray(values, np.float64).ravel()


def _text(value: float) -> str:
    return f"{value:.{DIGITS}g}"
