"""docs/dev/bench/planning/predicted.md: predicted against measured, from stored results."""

from collections.abc import Sequence
from pathlib import Path

from apps.bench.denoising.tables import table
from apps.bench.latency.results import read_results
from apps.bench.planning.cost import FAR
from apps.bench.planning.proof import FITTED, WITHIN, Held, held_out

OPENING = """# Planning: predicted against measured

`fullwell plan --budget 33ms --memory 2GB --target FILE [FILE…]` lists which forms of a recipe keep
a budget on a machine, by times that `fullwell bench --json` measured there. Per part (a stage, or
stages run as one), variant and precision it fits `a + b x megapixels`, both 0 or more, by least
squares of the relative errors; runs made of several parts take the sum of their medians.

Lines were fitted to `fit-*.json` alone. Nothing was fitted to what the table lists: wholes at
sizes that were held out, and recipes whose stages were timed apart and never as a whole (the sum
of several parts). What is fitted and what is held out was timed in one process in turns, so that
the machine's drift meets both alike; of several rounds the medians are taken. Made by

```
THP_MEM_ALLOC_ENABLE=1 OMP_NUM_THREADS=1 python -m apps.bench.planning --rounds 2
```
"""
HEADS = (
    "what", "how", "predicted from", "MP", "beyond", "predicted ms", "measured ms", "error",
    "spread", "memory, predicted MB", "measured MB",
)  # fmt: skip


def page(folder: Path) -> str:
    """The page. folder: of the results.

    Raises what `held_out` raises.
    """
    rows = held_out(folder)
    parts = [OPENING, _machine(folder), "", table(HEADS, [_row(held) for held in rows]), ""]
    return "\n".join([*parts, *_verdict(rows)]) + "\n"


def _machine(folder: Path) -> str:
    records = [read_results(path) for path in sorted(folder.glob("*-*.json"))]
    environment = records[0]["environment"]
    loads = [r["environment"]["load_average_at_start"] for r in records]
    first = [load[0] if isinstance(load, list) else load for load in loads]
    threads = {run["threads"] for record in records for run in record["runs"]}
    cpu = environment["cpu"]
    name = cpu.get("model", cpu) if isinstance(cpu, dict) else cpu
    return (
        f"{name}, {environment['cores_allowed']} cores allowed, {max(threads)} thread; load "
        f"average {min(first):.1f} to {max(first):.1f} while it was measured: others shared it. "
        f"{len(records)} results, {len(list(folder.glob(FITTED)))} of them fitted."
    )


def _row(held: Held) -> tuple[str, ...]:
    predicted, count = held.predicted, len(held.cover)
    guess = predicted.memory_bytes
    return (
        held.what, _how(held), "other sizes" if count == 1 else f"{count} parts",
        f"{held.megapixels:.2f}", "inside" if predicted.beyond == 1 else f"{predicted.beyond:.1f}x",
        f"{predicted.p50_ms:.1f}", f"{held.measured_ms:.1f}", f"{round(100 * held.error):+d} %",
        "one run" if held.spread is None else f"{held.spread:.2f}",
        "" if guess is None else f"{guess / 1e6:.0f}",
        "" if held.measured_bytes is None else f"{held.measured_bytes / 1e6:.0f}",
    )  # fmt: skip


def _how(held: Held) -> str:
    kinds = {part.how for part in held.cover}
    return str(held.part.how) + (", the rest eager" if len(kinds) > 1 else "")


def _verdict(rows: Sequence[Held]) -> list[str]:
    within = [held for held in rows if abs(held.error) <= WITHIN]
    worst = max(rows, key=lambda held: abs(held.error))
    memory = [abs(held.memory_error) for held in rows if held.memory_error is not None]
    lines = [
        f"{len(within)} of {len(rows)} are within {100 * WITHIN:.0f} % in time; the worst is "
        f"{100 * worst.error:+.0f} % ({worst.what}, {worst.part.how}, {worst.megapixels:.2f} MP). "
        "Spread is the largest over the smallest median among a row's own repetitions: where it "
        f"passes {1 + WITHIN:.1f} the machine itself moved by more than what is asked of a "
        "prediction. That is so in "
        f"{sum((held.spread or 0) > 1 + WITHIN for held in rows)} of them.",
    ]
    if memory:
        near = sum(error <= WITHIN for error in memory)
        lines += [
            "",
            f"Memory: {near} of {len(memory)} within {100 * WITHIN:.0f} %, the worst "
            f"{100 * max(memory):.0f} % off. Runs of several parts are told the memory of the "
            "largest part, which is too little: what earlier stages left behind comes on top.",
        ]
    far = [held for held in rows if held.predicted.beyond > FAR]
    return (
        lines if not far else [*lines, "", f"{len(far)} rows are more than {FAR:g} times beyond."]
    )
