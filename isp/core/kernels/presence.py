"""Whether kernels can run here, asked without importing what they need."""

from functools import cache
from importlib.util import find_spec


@cache
def numba_is_there() -> bool:
    """Whether numba can be imported; without it the same numbers come from torch, slower."""
    return find_spec("numba") is not None


@cache
def triton_is_there() -> bool:
    """Whether Triton can be imported; CUDA builds of torch bring it."""
    return find_spec("triton") is not None
