"""Made-up rows of a target: times that are known."""

from collections.abc import Sequence
from typing import Any

from tests.apps.bench.latency.result_files import run_of


def step(stage: str) -> dict[str, Any]:
    """A stage as a row tells it."""
    return {"name": stage, "stage": stage, "settings": {}}


def row(
    stages: Sequence[str], ms: float, size: tuple[int, int] = (1000, 1000), **changes: Any
) -> dict[str, Any]:
    """A row of these stages that takes so long."""
    given = {
        "stage": stages[0] if len(stages) == 1 else "whole", "variant": "torch-eager",
        "provider": "torch cpu", "size": list(size), "steps": [step(name) for name in stages],
        "p99_ms": None, "quality": None,
    }  # fmt: skip
    return run_of([ms] * 3, **(given | changes))
