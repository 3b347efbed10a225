"""Memory that a part of this process's work took at most, where the system tells."""

import ctypes
import gc
import re
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
FORGET_PEAK = "5"  # proc(5): the high-water mark becomes what is held now


def begin() -> int | None:
    """Forget the peak so far; returns the bytes held now, None where the system does not tell.

    What was freed is given back first: memory that is kept for the next use would hide that use.
    """
    gc.collect()
    _give_back()
    try:
        CLEAR.write_text(FORGET_PEAK, encoding="ascii")
        return _told("VmRSS")
    except OSError:
        return None


def since(held_bytes: int | None) -> int | None:
    """Most bytes held since `begin` above those held then."""
    peak = None if held_bytes is None else _told("VmHWM")
    return None if peak is None or held_bytes is None else max(0, peak - held_bytes)


def _give_back() -> None:
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # another C library than GNU's
        return


def _told(name: str) -> int | None:
    match = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    return None if match is None else 1024 * int(match[1])
