"""Write several files completely, all of them or none."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from isp.core.errors import FullwellError, OutputError


@contextlib.contextmanager
def safe_folder(folder: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Lend an empty folder inside `folder`; on success its files move up, else all are removed.

    force: replace existing files. Errors name files as they would have been called.

    Raises OutputError when a file may not or cannot be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with safe_folder(folder) as place:
    ...     _ = (place / "a.txt").write_text("whole")
    ...     _ = (place / "b.txt").write_text("whole too")
    >>> sorted(file.name for file in folder.iterdir())
    ['a.txt', 'b.txt']
    """
    folder = Path(folder)
    place = folder / f".{secrets.token_hex(4)}.part"
    try:
        place.mkdir()
        yield place
        _move_up(place, folder, force=force)
    except FullwellError as error:
        borrowed, own = f"{place}{os.sep}", str(folder / "x")[:-1]
        error.args = tuple(str(part).replace(borrowed, own) for part in error.args)
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(folder, f"cannot write into it ({reason})") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _move_up(place: Path, folder: Path, *, force: bool) -> None:
    """Move every file; what was moved is taken back where one cannot be, unless it replaced."""
    files = sorted(place.iterdir())
    for file in files:
        if not force and os.path.lexists(folder / file.name):
            raise OutputError(folder / file.name, "it exists already; pass --force to replace it")
    moved: list[Path] = []
    try:
        for file in files:
            file.replace(folder / file.name)
            moved.append(folder / file.name)
    except OSError:
        for path in moved if not force else ():
            path.unlink(missing_ok=True)
        raise
