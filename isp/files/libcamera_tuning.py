"""Tuning files of libcamera's Raspberry Pi algorithms: into a sensor profile, and back."""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, ProfileError
from isp.core.sensor import SensorProfile
from isp.files.finite import first_not_finite
from isp.files.limits import Limits
from isp.files.safe_write import safe_write

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
    document = _document(text, origin)
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


def tuning_text(profile: SensorProfile) -> str:
    """The tuning file of a profile that was made of one, with the profile's changes in it.

    What did not change keeps its value and its place; without a change it is the file's own text.

    Raises ProfileError for a profile that was not made of a tuning file.
    """
    from isp.files.libcamera_profile import changed_parameters

    text = profile.extra.get(KEPT)
    if not isinstance(text, str):
        raise ProfileError(
            f'sensor "{profile.name}" was not made of a libcamera tuning file, which holds much '
            "that no profile knows; begin with `fullwell cameras from-libcamera`"
        )
    tuning = tuning_of(text, profile.name)
    changes = changed_parameters(profile, tuning)
    if not changes:
        return text
    document = copy.deepcopy(_document(text, profile.name))
    for entry in document["algorithms"]:
        ((name, parameters),) = entry.items()
        parameters.update(changes.get(name, {}))
    return json.dumps(document, indent=4, ensure_ascii=False, allow_nan=False) + "\n"


def write_tuning(path: str | Path, profile: SensorProfile, *, force: bool = False) -> None:
    """Write `tuning_text`.

    Raises ProfileError, and OutputError when the file may not or cannot be written.
    """
    text = tuning_text(profile)
    with safe_write(path, force=force) as place:
        place.write_bytes(text.encode("utf-8"))


def _document(text: str, origin: object) -> dict[str, Any]:
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
