"""Recipes as files: TOML or JSON, written by hand or beside an output."""

import json
import tomllib
from pathlib import Path

from apps.recipe_tables import hash_of, placed
from apps.recipes import FORMAT_VERSION, OUTPUT_VERSION, Recipe, Step
from isp.core.errors import FileError


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from TOML or JSON; a table's `file` is found from the recipe's folder.

    Raises FileError naming the file and what is wrong in it.
    """
    from apps.recipe_model import recipe_of

    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(path, f"it is not a readable recipe ({_reason(error)})") from error
    version = raw.get("format_version", FORMAT_VERSION) if isinstance(raw, dict) else FORMAT_VERSION
    if isinstance(version, bool) or version not in (FORMAT_VERSION, OUTPUT_VERSION):
        known = f"{FORMAT_VERSION} or {OUTPUT_VERSION}"
        raise FileError(path, f"recipe format {version!r} is not {known}")
    try:
        model = recipe_of(raw)
    except ValueError as error:
        raise FileError(path, f"a recipe has format_version and steps ({error})") from error
    return Recipe(
        steps=tuple(
            Step(
                name=step.name, stage=step.stage or step.name,
                settings=placed(step.stage or step.name, step.settings, path.parent),
                bits=step.bits, headroom=step.headroom,
                table_sha256=hash_of(step.used),
                asked={n: word for n, word in step.asked.items() if n in step.settings},
            )
            for step in model.steps
        ),
        slots=tuple(model.slots),
        slot_settings={
            stage: {n: tuple(v) if isinstance(v, list) else v for n, v in settings.items()}
            for stage, settings in model.slot_settings.items()
        },
        camera=None if model.camera is None else found_from(path.parent, model.camera),
        source=model.about.get("input"),
        output={} if model.output is None else model.output.model_dump(exclude_unset=True),
    )  # fmt: skip


def found_from(folder: Path, camera: str) -> str:
    """A camera as it was named, or the place of its file, found from a folder.

    >>> found_from(Path("recipes"), "NikonD850"), found_from(Path("recipes"), "mine.json")
    ('NikonD850', 'recipes/mine.json')
    """
    return str(folder / camera) if camera.endswith(".json") else camera


def _reason(error: Exception) -> str:
    return str(error.strerror if isinstance(error, OSError) else error)
