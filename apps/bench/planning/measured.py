"""What was measured on a target: rows of latency results, by the stages they are made of."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.bench.latency.results import CLOSED, WHOLE, Run, read_results
from apps.deploy.runtime import nearest_rank
from isp.core.errors import FileError

MACHINE = ("cpu", "gpu", "architecture")  # what makes another target of it
ON_CARD = ("cuda", "tensorrt")
Steps = tuple[tuple[str, str], ...]  # stage and its settings as JSON, in order


@dataclass(frozen=True, slots=True)
class How:
    """What runs a part, and in which numbers."""

    variant: str
    provider: str
    precision: str

    @property
    def on_card(self) -> bool:
        """Whether it runs on a GPU, so that what follows on the CPU would cost a copy."""
        return any(name in self.provider.lower() for name in ON_CARD)

    def __str__(self) -> str:
        return f"{self.variant} {self.precision}"


@dataclass(frozen=True, slots=True)
class Part:
    """Stages that were timed as one, and how they were run.

    sha256: of the bundle, of a whole that does not say its stages.
    """

    steps: Steps
    how: How
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One row: megapixels, the median in ms, and what else it tells; None is not known.

    psnr_db: of its picture against the reference, infinite where they are equal.
    """

    megapixels: float
    p50_ms: float
    p99_ms: float | None = None
    peak_bytes: float | None = None
    psnr_db: float | None = None


@dataclass(eq=False)
class Measured:
    """All points by part; `nameless` are wholes that do not say their stages, by file and row."""

    points: dict[Part, list[Point]]
    nameless: dict[Part, list[Point]]


def read_targets(paths: Sequence[Path]) -> Measured:
    """Read results that were measured on one target.

    Raises FileError for what is no result, for one of another machine or number of threads, and
    where none holds a row timed back to back.
    """
    points: dict[Part, list[Point]] = defaultdict(list)
    nameless: dict[Part, list[Point]] = defaultdict(list)
    first: dict[str, Any] | None = None
    for path in paths:
        record = read_results(path)
        for run in record["runs"]:
            if run["load"] != CLOSED:
                continue
            facts = _facts(record["environment"], run)
            first = first or facts
            _refuse_another(path, first, facts)
            steps = _steps(path, run)
            if steps is not None:
                points[Part(steps, _how(run))].append(_point(path, run))
            elif run["stage"] == WHOLE:
                named = ((f"{path.stem} as it was measured", "{}"),)
                nameless[Part(named, _how(run), run.get("model_sha256"))].append(_point(path, run))
    if not points and not nameless:
        raise FileError(paths[0], "no target holds a row timed back to back")
    return Measured(points=dict(points), nameless=dict(nameless))


def step_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """A step as it is compared: its name in the pipeline says nothing of its cost."""
    return record["stage"], json.dumps(record["settings"], sort_keys=True)


def _steps(path: Path, run: Run) -> Steps | None:
    if "steps" not in run:
        return None
    try:
        return tuple(step_of(record) for record in run["steps"])
    except (TypeError, KeyError) as error:
        raise FileError(path, f"the steps of {run['stage']} are no list of stages") from error


def _how(run: Run) -> How:
    return How(variant=run["variant"], provider=run["provider"], precision=run["precision"])


def _facts(environment: Mapping[str, Any], run: Run) -> dict[str, Any]:
    return {name: environment.get(name) for name in MACHINE} | {"threads": run.get("threads")}


def _refuse_another(path: Path, first: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        if value != first[name]:
            raise FileError(
                path,
                f"it was measured with {name} {value!r}, the first row with {first[name]!r}; a "
                "plan takes results of one target",
            )


def _point(path: Path, run: Run) -> Point:
    height, width = run["size"]
    numbers = {name: run.get(name) for name in ("p99_ms", "peak_memory_bytes")}
    quality = run.get("quality")
    if not isinstance(quality, dict | None):
        raise FileError(path, f"the quality of {run['stage']} is no record")
    loss = None if quality is None else quality.get("psnr_db")
    for name, value in {**numbers, "psnr_db": loss}.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise FileError(path, f"{name} of {run['stage']} is no number")
    return Point(
        megapixels=height * width / 1e6, p50_ms=nearest_rank(run["frames_ms"], 0.5),
        p99_ms=numbers["p99_ms"], peak_bytes=numbers["peak_memory_bytes"],
        psnr_db=math.inf if quality is not None and loss is None else loss,
    )  # fmt: skip
