"""One question of `fullwell plan`: read it, answer it, write it down."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.bench.latency.sizes import sizes_of
from apps.bench.planning.alternatives import ORDER, alternatives, asked_recipe
from apps.bench.planning.bundled import told_by, with_stages
from apps.bench.planning.covers import hows_of, parts_of
from apps.bench.planning.measured import read_targets
from apps.bench.planning.planner import Combination, Found, Limits, plan
from apps.bench.planning.units import bytes_of, milliseconds
from isp.core.errors import UsageError
from isp.files.profile import load_profile
from isp.files.safe_write import refuse_output, safe_write

FORMAT = "fullwell-plan"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a command line asks for, in its own words."""

    budget: str
    targets: Sequence[Path]
    memory: str | None = None
    recipe: str = "lowlight"
    size: str = "12MP"
    camera: str = "GenericPhone"
    bundles: Sequence[Path] = ()


@dataclass(eq=False)
class Answer:
    """What was found, the question understood, and where the order of quality comes from."""

    found: Found
    limits: Limits
    size: tuple[int, int]
    order: str = ORDER


def answer(question: Question, *, json_path: Path | None = None, force: bool = False) -> Answer:
    """Plan what is asked, write the file asked for.

    Raises UsageError for words that cannot be read, FileError for targets and
    bundles, MissingError where they
    time nothing of the recipe, OutputError.
    """
    limits = Limits(
        budget_ms=milliseconds(question.budget),
        memory_bytes=None if question.memory is None else bytes_of(question.memory),
    )
    sizes = sizes_of(question.size)
    if len(sizes) > 1:
        raise UsageError(f'a plan is for one --size, not for "{question.size}"')
    if json_path is not None:
        refuse_output(json_path, force=force)
    cfa = load_profile(question.camera).cfa
    bundles = told_by(question.bundles)
    forms = alternatives(asked_recipe(question.recipe, cfa), cfa)
    measured = with_stages(read_targets(question.targets), bundles, [form.steps for form in forms])
    made = Answer(found=plan(forms, measured, sizes[0], limits), limits=limits, size=sizes[0])
    if json_path is not None:
        with safe_write(json_path, force=force) as place:
            place.write_text(json.dumps(as_record(made, question), indent=1) + "\n", "utf-8")
    return made


def as_record(made: Answer, question: Question) -> dict[str, Any]:
    """The answer as plain values; no path in it, and nothing of the machine."""
    nearest = made.found.nearest
    return {
        "format": FORMAT, "format_version": FORMAT_VERSION,
        "budget_ms": made.limits.budget_ms, "memory_bytes": made.limits.memory_bytes,
        "size": list(made.size), "recipe": Path(question.recipe).name,
        "targets": [path.name for path in question.targets], "order": made.order,
        "fits": [_plain(c) for c in made.found.fitting],
        "nearest_miss": None if nearest is None else _plain(nearest), "notes": made.found.notes,
    }  # fmt: skip


def _plain(combination: Combination) -> dict[str, Any]:
    predicted = combination.predicted
    loss = {None: "unknown", math.inf: "none"}.get(predicted.psnr_db, "measured")
    return {
        "changes": list(combination.alternative.changes), "how": hows_of(combination.cover),
        "parts": parts_of(combination.cover), "tile": combination.tile,
        "p50_ms": predicted.p50_ms, "p99_ms": predicted.p99_ms,
        "memory_bytes": predicted.memory_bytes, "loss": loss,
        "psnr_db": predicted.psnr_db if loss == "measured" else None,
        "extrapolated": predicted.beyond,
    }  # fmt: skip
