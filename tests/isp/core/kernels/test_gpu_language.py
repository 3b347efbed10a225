"""Kernels import everywhere: without Triton as the plain functions that they were written as."""

import importlib
import sys

import pytest

from isp.core.kernels import gpu_language
from isp.core.kernels.presence import triton_is_there


def test_without_triton_a_kernel_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def kernel() -> int:
        return 3

    for name in ("triton", "triton.language"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it raises ImportError
    try:
        bare = importlib.reload(gpu_language)

        assert bare.jit(kernel) is kernel
        assert bare.tl is None
        assert bare.constexpr(7) == 7
    finally:
        monkeypatch.undo()
        importlib.reload(gpu_language)


def test_with_triton_its_own_language_is_taken() -> None:
    if not triton_is_there():
        pytest.skip("Triton is not installed")
    assert gpu_language.tl.__name__ == "triton.language"
