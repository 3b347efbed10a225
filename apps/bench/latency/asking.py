"""One question of `fullwell bench`: read it, time it, hold it to a budget, write it down."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.bench.latency.benching import bench
from apps.bench.latency.budgets import budgets_of, over
from apps.bench.latency.page import page
from apps.bench.latency.question import Asked
from apps.bench.latency.results import WHOLE
from apps.bench.latency.sizes import sizes_of
from apps.bench.latency.timing import Plan
from apps.deploy.runtime import P99_FRAMES
from isp.core.errors import UsageError
from isp.files.safe_write import refuse_output, safe_write

LARGE = "12MP"


@dataclass(eq=False)
class Answer:
    """The result, and why the exit code is 1: pictures that are wrong, budgets not kept."""

    result: dict[str, Any]
    failed: list[str]


def asked_of(
    *,
    target: str,
    size: str | None,
    input: Path | None,
    variant: str | None,
    frames: int | None,
    quick: bool,
    cadence_fps: float | None,
    in_flight: int,
    **plain: Any,
) -> Asked:
    """What a command line asks for; `plain` are fields of `Asked` as they are.

    Raises UsageError.
    """
    if frames is not None and quick:
        raise UsageError("--quick is 64 frames; leave it or --frames out")
    named = LARGE if size is None and input is None else size
    variants = () if variant is None else tuple(v.strip() for v in variant.split(","))
    return Asked(
        target=target, sizes=() if named is None else sizes_of(named), input=input,
        variants=variants,
        plan=Plan(frames=frames, quick=quick, cadence_fps=cadence_fps, in_flight=in_flight),
        **plain,
    )  # fmt: skip


def answer(
    asked: Asked,
    *,
    budget: str | None = None,
    json_path: Path | None = None,
    html_path: Path | None = None,
    force: bool = False,
    advance: Callable[[str], None] = lambda name: None,
) -> Answer:
    """Time what is asked, judge it, write the files asked for.

    Raises what `bench` and `budgets_of` raise, OutputError; before any time is spent where it can.
    """
    budgets = () if budget is None else budgets_of(budget, asked.stage or WHOLE)
    if asked.plan.quick and any(b.p99_ms_max for b in budgets):
        raise UsageError(
            f"a budget is held to the p99, which takes {P99_FRAMES} frames; leave --quick out"
        )
    target = Path(asked.target)
    own = [*target.iterdir()] if target.is_dir() else [target]
    for path in filter(None, (json_path, html_path)):
        refuse_output(path, force=force, inputs=[*own, *([asked.input] if asked.input else [])])
    timed = bench(asked, advance)
    broken = over(budgets, timed.result["runs"])
    timed.result["notes"] += broken
    if json_path is not None:
        with safe_write(json_path, force=force) as place:
            place.write_text(json.dumps(timed.result, allow_nan=False) + "\n", encoding="utf-8")
    if html_path is not None:
        verdict = "; ".join(broken) if budgets else ""
        page(f"Latency of {Path(asked.target).name}", timed.result, verdict).write(
            html_path, force=force
        )
    return Answer(result=timed.result, failed=[*timed.failed, *broken])
