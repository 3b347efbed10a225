"""Budgets: how long a frame may take and how much memory, and what is over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.bench.latency.results import WHOLE, Run
from isp.core.errors import FileError, UsageError

FIELDS = {"stage", "shape", "precision", "p99_ms_max", "memory_mb_max"}
MB = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What rows of a stage may take; None asks for nothing, or means any.

    shape: height and width. p99_ms_max: judged by the upper bound of the p99.
    """

    stage: str
    shape: tuple[int, int] | None = None
    precision: str | None = None
    p99_ms_max: float | None = None
    memory_mb_max: float | None = None

    def takes(self, run: Run) -> bool:
        """Whether the budget is for this row."""
        return (
            run["stage"] == self.stage
            and self.shape in (None, tuple(run["size"]))
            and self.precision in (None, run["precision"])
        )

    def __str__(self) -> str:
        shape = "" if self.shape is None else f", {self.shape[0]}x{self.shape[1]}"
        return f"{self.stage}{shape}{'' if self.precision is None else f', {self.precision}'}"


def budgets_of(text: str, stage: str = WHOLE) -> tuple[Budget, ...]:
    """Read --budget: a time, as 33.3ms or 0.02s, for `stage`, or a JSON file of budgets.

    Raises UsageError for what is neither, FileError for a file that holds no budgets.
    """
    path = Path(text)
    if path.suffix == ".json":
        return read_budgets(path)
    for unit, factor in (("ms", 1.0), ("s", 1000.0)):
        number = text.removesuffix(unit)
        if number != text:
            try:
                limit = float(number) * factor
            except ValueError:
                break
            if math.isfinite(limit) and limit > 0:
                return (Budget(stage=stage, p99_ms_max=limit),)
    raise UsageError(f'--budget takes a time with its unit, as 33.3ms, or FILE.json, not "{text}"')


def read_budgets(path: Path) -> tuple[Budget, ...]:
    """Read a list of {stage, shape, precision, p99_ms_max, memory_mb_max}, or one of them.

    Raises FileError naming the entry and what is wrong in it.
    """
    import json

    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(path, f"cannot read it ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"it is not JSON ({error})") from error
    entries = [entries] if isinstance(entries, dict) else entries
    if not isinstance(entries, list) or not entries:
        raise FileError(path, "it holds no budgets: a list of entries with stage and p99_ms_max")
    return tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1))


def _entry(path: Path, number: int, entry: Any) -> Budget:
    def refuse(reason: str) -> FileError:
        return FileError(path, f"budget {number}: {reason}")

    if not isinstance(entry, dict) or not isinstance(entry.get("stage"), str):
        raise refuse("it has no stage")
    unknown = sorted(set(entry) - FIELDS)
    if unknown:
        raise refuse(f"{', '.join(unknown)} is not known; it may have {', '.join(sorted(FIELDS))}")
    shape, precision = entry.get("shape"), entry.get("precision")
    if shape is not None and not (
        isinstance(shape, list) and len(shape) == 2 and all(type(n) is int and n > 0 for n in shape)
    ):
        raise refuse(f"shape is [height, width], not {shape!r}")
    if precision is not None and not isinstance(precision, str):
        raise refuse(f"precision is a text, not {precision!r}")
    limits = {name: entry.get(name) for name in ("p99_ms_max", "memory_mb_max")}
    for name, limit in limits.items():
        number_ = isinstance(limit, int | float) and not isinstance(limit, bool)
        if limit is not None and not (number_ and math.isfinite(limit) and limit > 0):
            raise refuse(f"{name} is a number above 0, not {limit!r}")
    if all(limit is None for limit in limits.values()):
        raise refuse("it limits nothing; set p99_ms_max or memory_mb_max")
    return Budget(
        stage=entry["stage"], shape=None if shape is None else (shape[0], shape[1]),
        precision=precision, **limits,
    )  # fmt: skip


def over(budgets: Sequence[Budget], runs: Sequence[Run]) -> list[str]:
    """Why the rows do not keep the budgets, a sentence each; empty where they do.

    What is not known (a p99 of too few frames, memory that the system does not tell) is no pass,
    and neither is a budget that no row was measured for.
    """
    found: list[str] = []
    for budget in budgets:
        rows = [run for run in runs if budget.takes(run)]
        if not rows:
            found.append(f"{budget}: no row was measured for this budget")
        for run in rows:
            found += _broken(budget, run)
    return found


def _broken(budget: Budget, run: Run) -> list[str]:
    label = f"{run['stage']}, {run['variant']}, {run['size'][0]}x{run['size'][1]}, {run['load']}"
    found = []
    limit, bound = budget.p99_ms_max, run["p99_upper_ms"]
    if limit is not None and bound is None:
        found.append(
            f"{label}: {run['n']} frames tell no p99 (662 do), so the budget of {limit:g} ms is "
            "not shown to be kept"
        )
    elif limit is not None and bound > limit:
        found.append(f"{label}: p99 is up to {bound:.4g} ms, over the budget of {limit:g} ms")
    if limit is not None and run.get("dropped"):
        found.append(f"{label}: {run['dropped']} frames were dropped, and kept no budget")
    most, peak = budget.memory_mb_max, run["peak_memory_bytes"]
    if most is not None and peak is None:
        found.append(f"{label}: peak memory is not known, so {most:g} MB is not shown to be kept")
    elif most is not None and peak > most * MB:
        found.append(f"{label}: {peak / MB:.4g} MB at its peak, over the budget of {most:g} MB")
    return found
