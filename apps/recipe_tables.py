"""Tables and weights that a recipe names: where they are, and whether they are still the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, UsageError
from isp.core.stage import Stage

# By stage, the setting that names a file whose hash its history has.
FILES = {"look": "file", "lut3d": "file", "exposure_diffusion": "model"}
HASHES = ("table_sha256", "weights_sha256")
WEIGHTS = ".safetensors"  # what a model's file ends in; without it, it is one that ships


def placed(stage: str, settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a step's settings with the file of its table or weights found from a folder."""
    setting = FILES.get(stage, "")
    file = settings.get(setting)
    if not isinstance(file, str) or (setting == "model" and not file.endswith(WEIGHTS)):
        return dict(settings)
    return {**settings, setting: str(folder / file)}


def hash_of(notes: Mapping[str, Any]) -> Any:
    """The hash of a table or of weights among a step's notes; None where there is none."""
    return next((notes[name] for name in HASHES if name in notes), None)


def check_table(stage: Stage, name: str, file: object, sha256: object) -> None:
    """Refuse a table, or weights, other than those that a resolved recipe was made with.

    Raises FileError naming their file, UsageError for a step that has none.
    """
    digest = hash_of(stage.settings())
    if digest is None:
        raise UsageError(f"the recipe has a table's hash for {name}, a stage that takes no table")
    if digest != sha256:
        setting = FILES.get(stage.name, "file")
        one = "weights are others" if setting == "model" else "table is another one"
        example = "NAME" if setting == "model" else "FILE.cube"
        raise FileError(
            file or name,
            f"its {one} than the recipe was made with (sha256 {digest[:12]}, not "
            f"{str(sha256)[:12]}); --set {name}.{setting}={example} takes one on purpose",
        )
