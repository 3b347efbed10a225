"""Whether compiled loops for the CPU can run, asked without importing what they need."""

from functools import cache
from importlib.util import find_spec


@cache
def numba_is_there() -> bool:
    """Whether numba can be imported; without it the same numbers come from torch, slower."""
    return find_spec("numba") is not None
