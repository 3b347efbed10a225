"""A JSON file that holds one record, read under a limit of size."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isp.core.errors import FileError
from isp.files.limits import Limits

TEXT_BYTES = 64 * 2**20


def read_record(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises FileError naming file and reason, also for a name that an object has twice; LimitError
    for a file of more than 64 MiB.
    """
    try:
        Limits(file_bytes=TEXT_BYTES).check_bytes(path, path.stat().st_size)
        record = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_twice)
    except FileError:
        raise
    except OSError as error:
        raise FileError(path, f"cannot read it ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"it is not JSON ({error})") from error
    if not isinstance(record, dict):
        raise FileError(path, "it holds no record")
    return record


def _no_twice(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{json.dumps(key)} occurs twice")
        found[key] = value
    return found
