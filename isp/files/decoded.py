"""What a decoder hands over, and how it crosses a pipe: one JSON line, then array bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import Any

import numpy as np

from isp.core.errors import FileError

# Of a file whose decoder reads nothing of how it was taken.
NO_SHOT = dict.fromkeys(("make", "model", "time", "iso", "exposure_time_s", "f_number"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """Plain facts (JSON values only) and named arrays."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def send(decoded: Decoded, stream: BufferedIOBase) -> None:
    """Write facts, array layout and array bytes."""
    layout = [[name, a.dtype.str, list(a.shape)] for name, a in decoded.arrays.items()]
    _send_line({"facts": dict(decoded.facts), "arrays": layout}, stream)
    for array in decoded.arrays.values():
        stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    stream.flush()


def send_error(kind: str, reason: str, stream: BufferedIOBase) -> None:
    """Write the name of an error class and its reason."""
    _send_line({"error": kind, "reason": reason}, stream)
    stream.flush()


def receive(header: Mapping[str, Any], stream: BufferedIOBase, most_bytes: int) -> Decoded:
    """Read the arrays that `header` announces; the sender is not trusted.

    Raises EOFError when the stream ends early, FileError when more than `most_bytes` come.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, dtype_text, shape in header["arrays"]:
        dtype = np.dtype(dtype_text)
        count = int(np.prod(shape, dtype=object)) if shape else 1
        if dtype.hasobject or count * dtype.itemsize > most_bytes:
            raise FileError(name, f"{count} values of {dtype} are more than the limits allow")
        array = np.empty(count, dtype=dtype)
        _fill(array, stream)
        arrays[name] = array.reshape(shape)
    return Decoded(facts=header["facts"], arrays=arrays)


def _fill(array: np.ndarray, stream: BufferedIOBase) -> None:
    left = array.view(np.uint8).data.cast("B") if array.size else memoryview(b"")
    while left:
        got = stream.readinto(left)
        if not got:
            raise EOFError
        left = left[got:]


def _send_line(value: Mapping[str, Any], stream: BufferedIOBase) -> None:
    stream.write(json.dumps(value, allow_nan=False).encode() + b"\n")
