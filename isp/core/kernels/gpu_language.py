"""Triton, the language of the kernels for a GPU, or what lets them be imported without it.

Without Triton kernels are plain functions that nothing calls: CUDA builds of torch bring it, the
CPU build does not.
"""

from typing import Any, no_type_check

try:
    import triton.language as tl
    from triton import jit
    from triton.language import constexpr
except ImportError:
    tl: Any = None  # type: ignore[no-redef]
    constexpr: Any = float  # type: ignore[no-redef]

    @no_type_check
    def jit(kernel):
        """Leave a kernel as it is."""
        return kernel


__all__ = ["constexpr", "jit", "tl"]
