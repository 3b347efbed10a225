"""A latency result as one HTML page: what it was measured on, the table, a waterfall of stages."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from apps.bench.latency.result_table import HEADS, cadence_lines, cells
from apps.bench.latency.results import CLOSED, WHOLE, Run
from apps.report.chart import INKS
from apps.report.report import Report

ALIKE = ("variant", "provider", "precision", "size", "threads")


def page(title: str, result: Mapping[str, Any], verdict: str = "") -> Report:
    """The page. verdict: of a budget, printed below the title."""
    report = Report(title, verdict)
    runs = result["runs"]
    report.add_heading("Latency")
    report.add_table(HEADS, [cells(run) for run in runs], "Times in ms; `up to` with 99 % surety.")
    for line in cadence_lines(runs):
        report.add_text(line)
    falls = waterfalls(runs)
    if falls:
        report.add_heading("Where the time goes")
    for stages, whole in falls:
        label = f"{stages[0]['variant']}, {stages[0]['size'][0]}x{stages[0]['size'][1]}"
        report.add_figure(
            f"{label}: medians of the stages, one after the other"
            + ("" if whole is None else "; the whole below them, measured by itself"),
            drawn(stages, whole),
            f"Bars of {len(stages)} stages along time",
            data=_csv(stages, whole),
            name=f"waterfall-{stages[0]['variant']}-{stages[0]['size'][0]}",
        )
    if result["notes"]:
        report.add_heading("Notes")
        for note in result["notes"]:
            report.add_text(note)
    report.add_heading("Measured on")
    report.add_table(("field", "value"), _flat(result["environment"]))
    return report


def waterfalls(runs: Sequence[Run]) -> list[tuple[list[Run], Run | None]]:
    """Rows of stages that were measured alike, in order, each with its whole where there is one."""
    grouped: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        if run["load"] == CLOSED:
            grouped.setdefault(tuple(str(run[name]) for name in ALIKE), []).append(run)
    found = []
    for group in grouped.values():
        stages = [run for run in group if run["stage"] != WHOLE]
        if stages:
            found.append((stages, next((r for r in group if r["stage"] == WHOLE), None)))
    return found


def drawn(stages: Sequence[Run], whole: Run | None) -> Figure:
    """Bars of medians, each beginning where the one before ended; thin lines reach to the max."""
    rows = [*stages, *([] if whole is None else [whole])]
    figure = Figure(figsize=(7.2, 0.6 + 0.32 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    start = 0.0
    for place, run in enumerate(rows):
        begin = 0.0 if run is whole else start
        axes.barh(place, run["p50_ms"], left=begin, color=INKS[1 if run is whole else 0])
        axes.plot([begin + run["p50_ms"], begin + run["max_ms"]], [place, place],
                  color=INKS[-1], linewidth=0.8)  # fmt: skip
        axes.annotate(
            f" {run['p50_ms']:.3g} ms", (begin + run["max_ms"], place), va="center",
            fontsize="small",
        )  # fmt: skip
        start = begin + run["p50_ms"]
    axes.set_yticks(range(len(rows)), [run["stage"] for run in rows])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.set_xlabel("ms from the frame's arrival")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _csv(stages: Sequence[Run], whole: Run | None) -> str:
    rows = [*stages, *([] if whole is None else [whole])]
    return "stage,p50_ms,max_ms\n" + "".join(
        f"{run['stage']},{run['p50_ms']},{run['max_ms']}\n" for run in rows
    )


def _flat(facts: Mapping[str, Any], place: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{place}{name}.")
        else:
            rows.append((f"{place}{name}", "unknown" if value is None else str(value)))
    return rows
