"""A latency result as rows of texts: for the terminal and for the page."""

from typing import Any

from rich import box
from rich.table import Table

from apps.bench.latency.results import Run

HEADS = (
    "stage", "variant", "size", "load", "n", "p50 ms", "p90 ms", "p99 ms", "p99 up to", "max ms",
    "Gpix/s", "B/pixel", "% of copy", "peak MB", "cold ms", "PSNR dB", "max DN",
)  # fmt: skip
TEXTS = 4  # columns of words, to the left
UNKNOWN = "-"


def cells(run: Run) -> tuple[str, ...]:
    """A row as texts, in the order of `HEADS`; what is not known is a dash."""
    quality, cold, peak = run["quality"] or {}, run["cold_ms"] or {}, run["peak_memory_bytes"]
    megapixels = run["megapixels_per_s"]
    load = run["load"]
    if run.get("fps_asked"):
        load = f"{load} {run['fps_asked']:g}/s"
    psnr = _figure(quality.get("psnr_db"))
    if quality and quality["psnr_db"] is None:
        psnr = "equal"
    return (
        run["stage"],
        run["variant"],
        f"{run['size'][0]}x{run['size'][1]}",
        load,
        str(run["n"]),
        *(_figure(run[f"{name}_ms"]) for name in ("p50", "p90", "p99", "p99_upper", "max")),
        _figure(None if megapixels is None else megapixels / 1000),
        _figure(run.get("bytes_per_pixel")),
        _figure(run.get("roofline_percent")),
        _figure(None if peak is None else peak / 1e6),
        _figure(sum(cold.values()) if cold else None),
        psnr,
        _figure(quality.get("max_dn")),
    )


def table(runs: list[dict[str, Any]]) -> Table:
    """The rows for a terminal."""
    drawn = Table(box=box.SIMPLE_HEAD)
    for place, head in enumerate(HEADS):
        drawn.add_column(head, justify="left" if place < TEXTS else "right", no_wrap=place == 0)
    for run in runs:
        drawn.add_row(*cells(run))
    return drawn


def cadence_lines(runs: list[dict[str, Any]]) -> list[str]:
    """What a camera's pace came to: latency and rate as two verdicts."""
    return [
        f"{run['stage']}, {run['variant']}, {run['size'][0]}x{run['size'][1]} at "
        f"{run['fps_asked']:g} frames/s, {run['in_flight']} in flight: latency "
        f"{run['latency_verdict']} ({run['deadline_misses']} of {run['n'] + run['dropped']} later "
        f"than {run['deadline_ms']:.4g} ms), rate {run['rate_verdict']} ({run['dropped']} dropped)"
        for run in runs
        if run["load"] == "cadence"
    ]


def _figure(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.4g}"
