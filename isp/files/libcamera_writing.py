"""A sensor profile back into the libcamera tuning file that it was made of."""

import copy
import json
from pathlib import Path

from isp.core.errors import ProfileError
from isp.core.sensor import SensorProfile
from isp.files.libcamera_profile import changed_parameters
from isp.files.libcamera_tuning import KEPT, document_of, tuning_of
from isp.files.safe_write import safe_write


def tuning_text(profile: SensorProfile) -> str:
    """The tuning file of a profile that was made of one, with the profile's changes in it.

    What did not change keeps its value and its place; without a change it is the file's own text.

    Raises ProfileError for a profile that was not made of a tuning file.
    """
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
    document = copy.deepcopy(document_of(text, profile.name))
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
