"""Read a numpy file that holds a pickled dictionary, without running what a pickle may call."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import FileError
from isp.files.limits import Limits
from isp.files.magic import look_at

MIB = 2**20


def read_pickled_dictionary(path: str | Path) -> dict[str, Any]:
    """Return the dictionary that `numpy.save` wrote: text, numbers, lists and numeric arrays.

    A pickle is a program. This reader lets it make numpy arrays and numbers and nothing else, so
    that a file from anywhere can be opened.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    look_at(path, Limits(file_bytes=MIB))
    held = io.BytesIO(path.read_bytes())
    try:
        version = np.lib.format.read_magic(held)
        reader = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = reader(held)
        if shape != () or dtype != np.dtype(object):
            raise FileError(path, f"one dictionary is expected, but it holds {dtype} {shape}")
        value = _Plain(held, encoding="latin1").load()
        if isinstance(value, np.ndarray) and value.shape == ():
            value = value.item()
    except FileError:
        raise
    except Exception as error:  # a broken pickle raises whatever it likes
        raise FileError(path, f"it is not a numpy file of plain numbers ({error})") from error
    if not isinstance(value, dict):
        raise FileError(path, f"one dictionary is expected, but it holds {type(value).__name__}")
    return value


class _Plain(pickle.Unpickler):
    """Knows four names, all of numpy's arrays and numbers."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("multiarray", "_reconstruct"): _empty,
            ("multiarray", "scalar"): _scalar,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): _encode,
        }
        place = "multiarray" if module in MULTIARRAY else module
        if (place, name) not in known:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, which is not plain data")
        return known[place, name]


MULTIARRAY = {"numpy.core.multiarray", "numpy._core.multiarray"}


def _empty(kind: type, shape: tuple[int, ...], code: bytes) -> Any:
    """An array that the pickle's state then fills; it is born empty, whatever shape is asked."""
    return np.ndarray((0,), dtype="i1")


def _scalar(dtype: "np.dtype[Any]", content: bytes | str) -> Any:
    """A number out of its bytes (as text in old pickles)."""
    if dtype.hasobject:
        raise pickle.UnpicklingError("an object is not a number")
    raw = content.encode("latin1") if isinstance(content, str) else content
    return np.frombuffer(raw, dtype=dtype, count=1)[0].item()


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How pickles of protocol 2 keep bytes."""
    return text.encode("latin1")
