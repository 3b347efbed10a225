"""Tuning files of libcamera's Raspberry Pi algorithms, read and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isp.core.errors import FileError
from isp.files.finite import first_not_finite
from isp.files.limits import Limits

KEPT = "libcamera_tuning"  # key of `extra` that holds the file's own text
MOST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Tuning:
    """A tuning file: its text as it is, and the parameters of each algorithm by its name.

    origin: what errors call it, its path or the profile that kept it.
    """

    text: str
    target: str
    algorithms: dict[str, dict[str, Any]]
    origin: str


def read_tuning(path: str | Path) -> Tuning:
    """Read a tuning file of version 2.

    Raises FileError naming file and reason, LimitError.
    """
    path = Path(path)
    try:
        Limits(file_bytes=MOST_BYTES).check_bytes(path, path.stat().st_size)
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(path, "it is no text in UTF-8") from error
    except FileError:
        raise
    except OSError as error:
        raise FileError(path, f"it cannot be read ({error.strerror})") from error
    return tuning_of(text, path)


def tuning_of(text: str, origin: object) -> Tuning:
    """Parse the text of a tuning file; `origin` is named in errors.

    Raises FileError for what is no tuning of version 2, and for a number that is not finite.
    """
    document = document_of(text, origin)
    algorithms: dict[str, dict[str, Any]] = {}
    for entry in document["algorithms"]:
        if not isinstance(entry, dict) or len(entry) != 1:
            raise FileError(origin, "each of its algorithms is an object of one key")
        ((name, parameters),) = entry.items()
        if name in algorithms:
            raise FileError(origin, f"the algorithm {name} comes twice")
        if not isinstance(parameters, dict):
            raise FileError(origin, f"the parameters of {name} are an object")
        place = first_not_finite(parameters)
        if place is not None:
            raise FileError(origin, f"{name}.{place} is not a finite number")
        algorithms[name] = parameters
    return Tuning(text, str(document.get("target", "")), algorithms, str(origin))


def document_of(text: str, origin: object) -> dict[str, Any]:
    """The JSON of a tuning of version 2; raises FileError naming `origin` and the reason."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(origin, f"it is not a JSON file ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("algorithms"), list):
        raise FileError(origin, "it is no libcamera tuning: a list of algorithms is expected")
    if document.get("version") != 2:
        raise FileError(
            origin, f"its version {document.get('version')!r} is not 2.0, the one that is read"
        )
    return document
