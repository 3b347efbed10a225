"""Whether Triton is there is known without importing it."""

import importlib.util

import pytest

from isp.core.kernels import gpu_presence


@pytest.mark.parametrize("found", [True, False])
def test_it_is_there_when_it_can_be_found(monkeypatch: pytest.MonkeyPatch, found: bool) -> None:
    spec = importlib.util.find_spec("json") if found else None
    asked: list[str] = []

    def find(name: str) -> object:
        asked.append(name)
        return spec

    monkeypatch.setattr(gpu_presence, "find_spec", find)
    gpu_presence.triton_is_there.cache_clear()
    try:
        assert gpu_presence.triton_is_there() is found
        assert asked == ["triton"]
    finally:
        gpu_presence.triton_is_there.cache_clear()
