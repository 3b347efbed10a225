"""Write a file completely or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from isp.core.errors import FullwellError, OutputError


@contextlib.contextmanager
def safe_write(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Lend a temporary name beside `path`; on success it becomes `path`, else it is removed.

    force: replace an existing file.

    Raises OutputError when the output may not or cannot be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with safe_write(folder / "note.txt") as place:
    ...     _ = place.write_text("whole")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = Path(path)
    refuse_output(path, force=force)
    place = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        place.open("xb").close()  # mode 0666 under the umask, as any file of the user
        yield place
        _sync(place)
        if not force and path.exists():
            raise OutputError(path, "it appeared meanwhile; pass --force to replace it")
        place.replace(path)
        _sync(path.parent)
    except FullwellError:
        raise
    except OSError as error:
        raise OutputError(path, f"cannot write it ({error.strerror or error})") from error
    finally:
        place.unlink(missing_ok=True)


def refuse_output(path: Path, *, force: bool = False, inputs: Sequence[Path] = ()) -> None:
    """Check, before any work is done, that an output may be written.

    inputs: files that are read for it, which even `force` does not replace.

    Raises OutputError with the reason.
    """
    if any(source.exists() and path.exists() and source.samefile(path) for source in inputs):
        raise OutputError(path, "it is the input; name another output")
    if path.is_dir():
        raise OutputError(path, "it is a folder; a file name is needed")
    if not path.parent.is_dir():
        raise OutputError(path, f"the folder {path.parent} does not exist; create it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(path, f"the folder {path.parent} is not writable")
    if path.exists() and not path.is_file():
        raise OutputError(path, "it is not a regular file")
    if os.path.lexists(path) and not force:
        raise OutputError(path, "it exists already; pass --force to replace it")


def _sync(path: Path) -> None:
    """Flush a file or, where the system can, a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # not every file system can flush a folder
            raise
    finally:
        os.close(handle)
