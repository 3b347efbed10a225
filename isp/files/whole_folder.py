"""Write a whole folder, or none."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from isp.core.errors import FullwellError, OutputError


@contextlib.contextmanager
def whole_folder(folder: str | Path, *, mark: str, force: bool = False) -> Iterator[Path]:
    """Lend an empty folder beside `folder`; on success it becomes `folder`, else it is removed.

    mark: name of a file that every such folder has. force: replace a folder that has it; one
    without it is somebody else's, and stays.

    Raises OutputError when the folder may not or cannot be written.

    >>> import tempfile
    >>> made = Path(tempfile.mkdtemp()) / "session"
    >>> with whole_folder(made, mark="session.json") as place:
    ...     _ = (place / "session.json").write_text("{}")
    >>> [file.name for file in made.iterdir()]
    ['session.json']
    """
    folder = Path(folder).absolute()
    refuse_folder(folder, mark=mark, force=force)
    place = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        place.mkdir()
        yield place
        refuse_folder(folder, mark=mark, force=force)
        _swap(place, folder)
    except FullwellError as error:
        borrowed = f"{place}{os.sep}"
        error.args = tuple(str(part).replace(borrowed, f"{folder}{os.sep}") for part in error.args)
        raise
    except OSError as error:
        raise OutputError(folder, f"cannot write it ({error.strerror or error})") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def refuse_folder(folder: Path, *, mark: str, force: bool = False) -> None:
    """Check, before any work is done, that a folder may be written.

    Raises OutputError with the reason.
    """
    if not folder.parent.is_dir():
        raise OutputError(folder, f"the folder {folder.parent} does not exist; create it first")
    if not os.access(folder.parent, os.W_OK | os.X_OK):
        raise OutputError(folder, f"the folder {folder.parent} is not writable")
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise OutputError(folder, "it is not a folder; name another")
    if not any(folder.iterdir()):
        return
    if not (folder / mark).is_file():
        raise OutputError(
            folder, f"it holds other files (no {mark}), which stay; name a new folder"
        )
    if not force:
        raise OutputError(folder, "it exists already; pass --force to replace it")


def _swap(place: Path, folder: Path) -> None:
    """Put the new folder where the old one is, and the old one back if that fails."""
    if not folder.exists():
        place.replace(folder)
        return
    old = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
    folder.replace(old)
    try:
        place.replace(folder)
    except OSError:
        old.replace(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
