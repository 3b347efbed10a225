"""A child that reads spoilt files one after another: `python hostile_reader.py`, requests on stdin.

Decoders run here and not in a process of their own each, as `guarded` would have it: their answer
goes through the same function and the same bytes.
"""

import contextlib
import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from isp.core.cfa import Cfa
from isp.core.errors import FullwellError
from isp.files import exr, guarded, picture, radiance, raw, raw_tiff
from isp.files import open as door
from isp.files.decoded import Decoded, receive
from isp.files.decoder_process import _limit_memory, answer
from isp.files.limits import Limits

LIMITS = Limits(pixels=1_000_000, memory_bytes=4 * 2**30)


def decode_here(decoder: str, path: Path, limits: Limits, **options: Any) -> Decoded:
    """What `guarded.decode` does, without the child."""
    from dataclasses import asdict

    stream: Any = io.BytesIO()
    request = {"decoder": decoder, "path": str(path), "limits": asdict(limits), "options": options}
    answer(request, stream)
    stream.seek(0)
    header = json.loads(stream.readline())
    if "error" in header:
        raise guarded._told(path, header["error"], header["reason"])
    return receive(header, stream, limits.memory_bytes)


def _recipe(path: Path) -> None:
    from apps.recipe_files import read_recipe

    read_recipe(path).build(Cfa.RGGB)


def _profile(path: Path) -> None:
    from isp.files.profile import load_profile, profile_record

    json.dumps(profile_record(load_profile(path)), allow_nan=False)


def _tuning(path: Path) -> None:
    from isp.files.libcamera_profile import profile_from_tuning
    from isp.files.libcamera_tuning import read_tuning

    profile_from_tuning(read_tuning(path), bit_depth=10)


def _map(path: Path) -> None:
    from apps.diff.name_map import is_name_map, read_name_map

    is_name_map(path)
    read_name_map(path)


def _dump(path: Path) -> None:
    """Facts of a dumped frame, whose array is sound."""
    from apps.dumped import read_dumped

    read_dumped(path.with_suffix(".npy"), LIMITS)


def _npy(path: Path) -> None:
    from isp.files.npy import read_npy

    read_npy(path, LIMITS)


def _cube(path: Path) -> None:
    from isp.files.lut import read_lut

    read_lut(path)


READERS: dict[str, Callable[[Path], object]] = {
    "picture": lambda path: door.read(path, limits=LIMITS),
    "raw": lambda path: raw.read_raw(path, limits=LIMITS),
    "recipe": _recipe,
    "profile": _profile,
    "tuning": _tuning,
    "map": _map,
    "dump": _dump,
    "npy": _npy,
    "cube": _cube,
}


def main() -> None:
    """Answer each request in one line: how reading ended."""
    for module in (exr, picture, radiance, raw, raw_tiff):
        module.decode = decode_here  # type: ignore[attr-defined]  # in place of the guarded one
    warnings.simplefilter("ignore")
    _limit_memory(LIMITS.memory_bytes)
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what libraries print
        for line in sys.stdin:
            request = json.loads(line)
            told = {"kind": "read", "message": ""}
            try:
                READERS[request["reader"]](Path(request["path"]))
            except FullwellError as error:
                told = {"kind": "refused", "message": f"{type(error).__name__}: {error}"}
            except BaseException as error:  # noqa: BLE001  whatever else comes is what the test looks for
                told = {"kind": "untyped", "message": f"{type(error).__name__}: {error}"}
            answers.write(json.dumps({"kind": told["kind"], "message": told["message"][:500]}))
            answers.write("\n")
            with contextlib.suppress(BrokenPipeError):
                answers.flush()


if __name__ == "__main__":
    main()
