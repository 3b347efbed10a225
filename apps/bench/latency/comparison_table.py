"""A comparison of latencies in words: a table for the terminal, the same in Markdown."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from apps.bench.latency.comparison import NO_DIFFERENCE, P99, Compared, Comparison

HEADS = ("row", "statistic", "old ms", "new ms", "new / old", "95 % interval", "verdict")
NUMBERS = range(2, 6)


def cells(row: Compared) -> tuple[str, ...]:
    """A row as texts, in the order of `HEADS`."""
    return (
        str(row.key),
        "p99" if row.quantile == P99 else "median",
        f"{row.old_ms:.4g}",
        f"{row.new_ms:.4g}",
        f"{row.ratio:.3f}",
        f"{row.low:.3f} to {row.high:.3f}",
        row.verdict,
    )


def table(comparison: Comparison) -> Table:
    """The comparison for a terminal."""
    drawn = Table(box=box.SIMPLE_HEAD)
    for place, head in enumerate(HEADS):
        drawn.add_column(head, justify="right" if place in NUMBERS else "left")
    for row in comparison.rows:
        drawn.add_row(*cells(row))
    return drawn


def markdown(comparison: Comparison) -> str:
    """The comparison as a page, with what was left out and what differs."""
    rule = ["---:" if place in NUMBERS else "---" for place in range(len(HEADS))]
    lines = [_line(HEADS), _line(rule), *(_line(cells(row)) for row in comparison.rows)]
    said = [*lines, "", summary(comparison), *(f"- {note}" for note in notes(comparison))]
    return "\n".join(said) + "\n"


def summary(comparison: Comparison) -> str:
    """One line: how many rows of which verdict, and how it was judged."""
    counts: dict[str, int] = {}
    for row in comparison.rows:
        counts[row.verdict] = counts.get(row.verdict, 0) + 1
    listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return (
        f"{listed}; tolerance {100 * comparison.tolerance:g} %, moving-block bootstrap, "
        f"Holm over {len(comparison.rows)}"
    )


def notes(comparison: Comparison) -> list[str]:
    """What a reader has to know beside the table, a sentence each."""
    wide = [
        row for row in comparison.rows
        if row.verdict == NO_DIFFERENCE and row.high > (1 + comparison.tolerance) * row.ratio
    ]  # fmt: skip
    blind = (
        f"in {len(wide)} of {len(comparison.rows)} rows the interval reaches further than the "
        "tolerance: a slowdown of that size would not be seen; time more frames, or a quieter "
        "machine"
    )
    return [
        *([blind] if wide else []),
        *(f"only in the old file: {key}" for key in comparison.only_old),
        *(f"only in the new file: {key}" for key in comparison.only_new),
        *(f"measured differently: {difference}" for difference in comparison.differences),
    ]


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"
