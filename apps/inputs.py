"""Which files a development is of: those that are named, and the raws in a folder that is."""

from collections.abc import Sequence
from pathlib import Path

from isp.core.errors import FileError
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.mosaic_file import PICTURE_TIFF_SUFFIXES, is_laid_out
from isp.files.raw_tiff import is_raw_tiff


def inputs(named: Sequence[Path]) -> list[Path]:
    """Return files as they are named, a folder's raws in the order of their names in its place.

    A folder is not searched further down. Of its files those are raws that are so by their first
    bytes, and mosaics and dumps whose layout stands in a sidecar.

    Raises FileError for a folder without any.
    """
    found: list[Path] = []
    for path in named:
        if not path.is_dir():
            found.append(path)
            continue
        raws = [file for file in sorted(path.iterdir()) if file.is_file() and _is_raw(file)]
        if not raws:
            raise FileError(path, "no raw file is in this folder")
        found += raws
    return found


def _is_raw(file: Path) -> bool:
    try:
        kind = look_at(file, Limits())
        if kind.family == "raw":
            return True
        if kind.family == "tiff" and file.suffix.lower() not in PICTURE_TIFF_SUFFIXES:
            return True
        if kind.family == "tiff" and is_raw_tiff(file):
            return True
        return file.suffix.lower() != ".json" and is_laid_out(file, None)
    except (FileError, ValueError):  # an empty file, or a sidecar that is none of ours
        return False
