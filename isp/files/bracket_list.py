"""Exposures of a bracket's files, as a `bracket.json` beside them notes them."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from isp.core.errors import FileError
from isp.core.frame import Frame

LIST_NAME = "bracket.json"
LIST_BYTES = 2**20
FIELDS = {"time_s": "exposure_time_s", "f_number": "f_number", "iso": "iso"}


def with_noted_exposures(paths: Sequence[Path], frames: Sequence[Frame]) -> list[Frame]:
    """Fill in exposure time, f-number and ISO that the files do not say, from `bracket.json`.

    The list has `frames`, each with `file`, `time_s`, `f_number` and `iso`; null is not known.
    What a file says itself stays.

    Raises FileError naming the list and the reason.
    """
    return [_filled(path, frame) for path, frame in zip(paths, frames, strict=True)]


def _filled(path: Path, frame: Frame) -> Frame:
    noted = _read(path.with_name(LIST_NAME)).get(path.name, {})
    changes: dict[str, Any] = {
        field: torch.full((len(frame.data),), noted[key])
        for key, field in FIELDS.items()
        if key in noted and getattr(frame.shot, field) is None
    }
    if not changes:
        return frame
    note = ("bracket_list", {field: value.tolist() for field, value in changes.items()})
    return replace(frame, shot=replace(frame.shot, **changes), history=(*frame.history, note))


def _read(path: Path) -> dict[str, dict[str, float]]:
    """File name to its numbers; nothing where there is no list."""
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > LIST_BYTES:
            raise FileError(path, f"it is larger than {LIST_BYTES} bytes")
        listed = json.loads(path.read_text(encoding="utf-8"))["frames"]
        return {str(row["file"]): _numbers(path, row) for row in listed}
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            path, f'it lists no frames as {{"frames": [{{"file": ..., "time_s": ...}}]}} ({error})'
        ) from error


def _numbers(path: Path, row: dict[str, Any]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for key in FIELDS:
        value = row.get(key)
        if value is None:
            continue
        if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
            raise FileError(path, f"{key} of {row['file']} is a positive number, got {value!r}")
        numbers[key] = float(value)
    return numbers
