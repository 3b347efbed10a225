"""The recipe as it was used: every setting, defaults and estimated values included."""

import importlib.metadata
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.recipe_tables import placed
from apps.recipes import FORMAT_VERSION, OUTPUT_VERSION, Recipe, Step, stage_named
from isp.core.frame import Frame

Used = Mapping[str, Mapping[str, Any]]  # by step: what its stage noted in the history


def resolve(recipe: Recipe, used: Used) -> tuple[Recipe, dict[str, dict[str, Any]]]:
    """Return the recipe with all settings as they were used, and what had been asked instead.

    A setting without a value in the recipe takes its default. One that left the choice to the
    picture (`as_shot`, `grey_world`, `auto`) takes the value that the stage noted under its name,
    so that the recipe gives the same picture again; a batch whose images differ keeps its word.
    The file of a table is named by its whole path, so that it is found from any folder.
    """
    steps, asked = [], {}
    for step in recipe.steps:
        settings, words = _settings(step, used.get(step.name, {}))
        steps.append(
            Step(
                name=step.name, stage=step.stage, settings=placed(step.stage, settings, Path.cwd()),
                bits=step.bits,
                headroom=step.headroom,
            )
        )  # fmt: skip
        if words:
            asked[step.name] = words
    return replace(recipe, steps=tuple(steps)), asked


def resolved_record(
    recipe: Recipe,
    used: Used,
    *,
    source: str,
    picture: Frame,
    automatic: Sequence[str],
    output: Mapping[str, Any] | None = None,
    camera: str | None = None,
) -> dict[str, Any]:
    """The resolved recipe as JSON values, which `read_recipe` reads again.

    source: the input's file name. Each step also says what was `asked` where a word was resolved,
    and what its stage `used`; `about` says what it was made of, `output` how it was written, and
    `camera` whose numbers were asked for.
    """
    settled, asked = resolve(recipe, used)
    steps = []
    for step in settled.steps:
        notes = {"asked": asked.get(step.name), "used": dict(used.get(step.name, {}))}
        steps.append(step.record() | {name: note for name, note in notes.items() if note})
    later = {"slot_settings": settled.slot_settings, "camera": camera, "output": output}
    said = {name: value for name, value in later.items() if value}
    return {
        "format_version": OUTPUT_VERSION if said else FORMAT_VERSION,
        "about": {
            "input": source,
            "camera": picture.profile.name if picture.profile else None,
            "program": f"fullwell {importlib.metadata.version('fullwell')}",
            "automatic": list(automatic),
        },
        "steps": steps,
        **({"slots": list(settled.slots)} if settled.slots else {}),
        **said,
    }


def _settings(step: Step, noted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All settings of a step, and those that were words before."""
    cls = stage_named(step.stage)
    if cls is None:
        return dict(step.settings), {}
    parameters = inspect.signature(cls).parameters.values()
    defaults = {
        p.name: p.default for p in parameters if p.name != "cfa" and p.default is not p.empty
    }
    settings, words = defaults | dict(step.settings), dict(step.asked)
    for name, value in settings.items():
        rows = noted.get(name)
        alike = isinstance(rows, list) and bool(rows) and all(row == rows[0] for row in rows)
        if alike and (value is None or isinstance(value, str)):
            words[name] = value
            settings[name] = rows[0]  # type: ignore[index]  # a list, as just asked
    return settings, words
