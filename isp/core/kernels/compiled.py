"""How inner loops are compiled: by numba, without checks, kept on disk where there is a place."""

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba as nb

# No reassociation: sums keep their order. Contraction to fused multiply-adds is allowed only where
# the result is not the last word, because an exact test follows.
APPROXIMATE = {"contract", "nsz", "arcp"}
KERNELS = Path(__file__).parent


def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at first use with every operation as it is written."""
    return _compile(kernel)


def approximate(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at first use with contracted multiply-adds: for values that need not be exact."""
    return _compile(kernel, fastmath=APPROXIMATE)


def inlined(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """As `approximate`, and always a part of the loop that calls it, which so vectorises."""
    return _compile(kernel, fastmath=APPROXIMATE, forceinline=True)


def _compile(kernel: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    # error_model="numpy": a division checked for zero is not vectorised.
    options |= {"nogil": True, "error_model": "numpy"}
    before = nb.config.CACHE_DIR
    try:
        # Only while the place is chosen: other users of numba in the process keep theirs.
        nb.config.CACHE_DIR = before or str(_place(Path(kernel.__code__.co_filename).parent))
        return nb.njit(cache=True, **options)(kernel)  # type: ignore[no-any-return]
    except (RuntimeError, OSError):  # no writable place: compile in each process
        return nb.njit(**options)(kernel)  # type: ignore[no-any-return]
    finally:
        nb.config.CACHE_DIR = before


@functools.cache
def _place(folder: Path) -> Path:
    """Where the kernels of a folder are kept: a place of its own for each state of the sources.

    numba looks only at the file of a kernel itself, and would run a kernel compiled with an
    earlier form of a function that it calls from another file.
    """
    exact = KERNELS.parent.glob("poisson*.py")
    sources = sorted({*folder.glob("*.py"), *KERNELS.glob("*.py"), *exact})
    state = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "fullwell" / state[:16]
