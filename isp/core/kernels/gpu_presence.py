"""Whether kernels for a GPU can run, asked without importing what they need."""

from functools import cache
from importlib.util import find_spec


@cache
def triton_is_there() -> bool:
    """Whether Triton can be imported; CUDA builds of torch bring it."""
    return find_spec("triton") is not None
