"""Where the picture of each input goes: a file, a folder and a format, or a pattern of names."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from isp.core.errors import OutputError, UsageError

FORMAT = "png"  # what a file is developed to when the output is a folder
NAME = "{name}"  # of an input, without its suffix


def outputs(
    raws: Sequence[Path],
    output: str | Path,
    format_: str | None = None,
    made: list[Path] | None = None,
) -> list[Path]:
    """Return the output of each input, and make the folder they go to.

    output: a file for one input; for any number an existing folder, DIR/, a name without suffix,
        or a pattern with {name}, as DIR/{name}_small.jpg.
    format_: suffix of the pictures in a folder, with or without its point; by default png.
    made: takes the folders that were not there before, outer ones first, for `remove_empty`.

    Raises UsageError when the output cannot serve the inputs, OutputError for a folder that
    cannot be made.
    """
    is_folder = str(output).endswith(("/", os.sep))  # a Path forgets its last slash
    output = Path(output)
    is_folder = is_folder or output.is_dir() or output.suffix == ""
    if NAME in str(output) and not is_folder:
        targets = [Path(str(output).replace(NAME, raw.stem)) for raw in raws]
        _refuse_format(output, format_)
    elif is_folder:
        suffix = (format_ or FORMAT).lower().removeprefix(".")
        targets = [Path(str(output).replace(NAME, r.stem)) / f"{r.stem}.{suffix}" for r in raws]
    else:
        if len(raws) > 1:
            raise UsageError(
                f"{len(raws)} files need a folder as output: -o DIR/, or a pattern: "
                f"-o DIR/{NAME}{output.suffix}"
            )
        _refuse_format(output, format_)
        return [output]
    names = [str(target) for target in targets]
    twice = sorted({t.name for t in targets if names.count(str(t)) > 1})
    if twice:
        raise UsageError(f"several inputs would become {', '.join(twice)}; rename them")
    for folder in dict.fromkeys(target.parent for target in targets):
        _make(folder, [] if made is None else made)
    return targets


def _refuse_format(output: Path, format_: str | None) -> None:
    """A name that says a format takes no other."""
    if format_ is not None and format_.lower().removeprefix(".") != output.suffix.lower()[1:]:
        raise UsageError(f"{output}: its name says {output.suffix}, but --format says {format_}")


def remove_empty(made: Sequence[Path]) -> None:
    """Remove folders that this run made and that nothing was written into."""
    for folder in reversed(made):
        with contextlib.suppress(OSError):  # it holds something, or is gone
            folder.rmdir()


def _make(folder: Path, made: list[Path]) -> None:
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        for place in reversed(missing):
            place.mkdir(exist_ok=True)
            made.append(place)
        folder.mkdir(exist_ok=True)  # refuses a file of that name
    except OSError as error:
        raise OutputError(folder, f"cannot make the folder ({error.strerror})") from error
