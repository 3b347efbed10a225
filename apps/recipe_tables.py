"""Tables that a recipe names: where their files are, and whether they are still the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, UsageError
from isp.core.stage import Stage

TABLE_STAGES = ("look", "lut3d")  # whose setting `file` is a table


def placed(stage: str, settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a step's settings with the file of its table found from a folder."""
    file = settings.get("file")
    if stage not in TABLE_STAGES or not isinstance(file, str):
        return dict(settings)
    return {**settings, "file": str(folder / file)}


def check_table(stage: Stage, name: str, file: object, sha256: object) -> None:
    """Refuse a table other than the one that a resolved recipe was made with.

    Raises FileError naming the table's file, UsageError for a step that has no table.
    """
    digest = stage.settings().get("table_sha256")
    if digest is None:
        raise UsageError(f"the recipe has a table's hash for {name}, a stage that takes no table")
    if digest != sha256:
        raise FileError(
            file or name,
            f"its table is another one than the recipe was made with (sha256 {digest[:12]}, not "
            f"{str(sha256)[:12]}); --set {name}.file=FILE.cube takes one on purpose",
        )
