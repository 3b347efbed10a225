"""Arrays in .npy files of anybody: read by their header, never by what pickle would run."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FileError
from isp.files.limits import Limits

MAGIC = b"\x93NUMPY"


def read_npy(path: str | Path, limits: Limits | None = None) -> NDArray[Any]:
    """Return the array of a .npy file: real numbers or booleans, in the machine's byte order.

    Raises FileError naming file and reason, LimitError.
    """
    path, limits = Path(path), limits or Limits()
    if not path.is_file():
        raise FileError(path, "there is no such file")
    try:
        limits.check_bytes(path, path.stat().st_size)
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise FileError(path, "it is not a .npy by its first bytes")
        # Mapped, a header that promises more than the file holds is refused and costs no memory.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileError:
        raise
    except Exception as error:  # the header is text that numpy parses as Python
        raise FileError(path, f"it is not a readable .npy ({type(error).__name__})") from error
    if mapped.dtype.kind not in "biuf":
        raise FileError(path, f"it holds {mapped.dtype}; real numbers are expected")
    limits.check_pixels(path, mapped.size, 1)
    return np.array(mapped, dtype=mapped.dtype.newbyteorder("="))
