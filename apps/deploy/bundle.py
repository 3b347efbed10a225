"""A bundle's folder: written whole or not at all, every file hashed."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps.deploy import runtime
from isp.core.errors import FileError, OutputError
from isp.files.json_record import read_record

FORMAT = "fullwell-bundle"
MANIFEST, PROFILE, RUNNER = "manifest.json", "profile.json", "run.py"


def checked_output(folder: Path, *, force: bool) -> None:
    """Refuse a folder that may not be written, before any work.

    Raises OutputError, also with `force` for a folder that holds something else than a bundle.
    """
    folder = Path(folder)
    if not folder.parent.is_dir() or not os.access(folder.parent, os.W_OK | os.X_OK):
        raise OutputError(folder, "the folder it would stand in is not there or not writable")
    if not os.path.lexists(folder):
        return
    if not folder.is_dir() or folder.is_symlink():
        raise OutputError(folder, "a bundle is a folder, and this is none")
    if not any(folder.iterdir()):
        return
    if not (folder / MANIFEST).is_file():
        raise OutputError(folder, "it holds files that are no bundle; name another folder")
    if not force:
        raise OutputError(folder, "it holds a bundle already; pass --force to replace it")
    _refuse_others(folder)


def _refuse_others(folder: Path) -> None:
    """Replacing removes the whole folder: nothing may be in it but a bundle's own files.

    Raises OutputError naming what is not.
    """
    try:
        found = read_record(folder / MANIFEST)
    except FileError as error:
        raise OutputError(folder, f"it is no bundle to replace ({error})") from error
    if found.get("format") != FORMAT or not isinstance(found.get("files"), dict):
        raise OutputError(folder, f"its {MANIFEST} is no bundle's; name another folder")
    own = {MANIFEST, *found["files"]}
    others = sorted(entry.name for entry in folder.iterdir() if entry.name not in own)
    if others:
        raise OutputError(
            folder, f"it holds {others[0]}, which is not the bundle's and would be lost; move it"
        )


def write_bundle(
    folder: Path,
    made: Mapping[str, Any],
    graphs: Mapping[str, bytes],
    profile: Mapping[str, Any],
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Write graphs, profile, runner and manifest; returns the manifest with their hashes.

    Raises OutputError.
    """
    folder = Path(folder)
    checked_output(folder, force=force)
    contents = {
        PROFILE: (json.dumps(profile, indent=1) + "\n").encode(),
        RUNNER: Path(runtime.__file__).read_bytes(),
        **graphs,
    }
    files = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in contents.items()
    }
    whole = {**made, "files": files}
    contents[MANIFEST] = (json.dumps(whole, indent=1, allow_nan=False) + "\n").encode()
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    old = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
    try:
        part.mkdir()
        for name, content in contents.items():
            with (part / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise OutputError(folder, f"cannot write it ({error.strerror or error})") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return whole
