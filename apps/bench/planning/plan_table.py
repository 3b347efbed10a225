"""A plan as rows of texts, and the nearest miss as a sentence."""

import math

from rich import box
from rich.table import Table

from apps.bench.planning.covers import hows_of
from apps.bench.planning.planner import Combination, Limits

HEADS = ("stages", "how", "in", "p50 ms", "p99 ms", "MB", "PSNR dB", "beyond")
TEXTS = 3
UNKNOWN = "-"


def cells(combination: Combination) -> tuple[str, ...]:
    """A combination as texts, in the order of `HEADS`."""
    predicted, tile = combination.predicted, combination.tile
    held = predicted.memory_bytes
    return (
        ", ".join(combination.alternative.changes) or "as asked",
        hows_of(combination.cover),
        "whole frames" if tile is None else f"tiles of {tile}",
        _figure(predicted.p50_ms),
        _figure(predicted.p99_ms),
        _figure(None if held is None else held / 1e6),
        "equal" if predicted.psnr_db == math.inf else _figure(predicted.psnr_db),
        f"{predicted.beyond:.1f}x" if predicted.beyond > 1 else "inside",
    )


def table(fitting: list[Combination]) -> Table:
    """What fits, best first, for a terminal."""
    drawn = Table(box=box.SIMPLE_HEAD)
    for place, head in enumerate(HEADS):
        drawn.add_column(head, justify="left" if place < TEXTS else "right")
    for combination in fitting:
        drawn.add_row(*cells(combination))
    return drawn


def miss(nearest: Combination, limits: Limits) -> str:
    """Why nothing fits, by what comes nearest."""
    stages, how, pieces, p50, p99, held, *_ = cells(nearest)
    asked = f"{limits.budget_ms:.4g} ms"
    if limits.memory_bytes is not None:
        asked += f" and {limits.memory_bytes / 1e6:.4g} MB"
    return (
        f"nothing fits {asked}; the nearest is {stages}, {how}, {pieces}: p50 {p50} ms, p99 {p99} "
        f"ms, {held} MB"
    )


def _figure(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.4g}"
