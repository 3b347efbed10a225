"""What kernels need is known without importing it, and without it every draw is the same."""

import importlib.util
import sys

import pytest
import torch

from isp.core import poisson as poisson_module
from isp.core import rng
from isp.core.kernels import presence
from isp.core.poisson import poisson
from isp.core.rng import Draws, Effect


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("name", ["numba", "triton"])
def test_it_is_there_when_it_can_be_found(
    monkeypatch: pytest.MonkeyPatch, name: str, found: bool
) -> None:
    spec = importlib.util.find_spec("json") if found else None
    asked: list[str] = []

    def find(name: str) -> object:
        asked.append(name)
        return spec

    is_there = {"numba": presence.numba_is_there, "triton": presence.triton_is_there}[name]
    monkeypatch.setattr(presence, "find_spec", find)
    is_there.cache_clear()
    try:
        assert is_there() is found
        assert asked == [name]
    finally:
        is_there.cache_clear()


def test_words_and_counts_are_the_same_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = Draws(seed=5, effect=Effect.SHOT, item=torch.tensor([3, 9]), origin=(7, 5))
    rate = torch.logspace(-2, 4, 2 * 30 * 41).reshape(2, 1, 30, 41)
    words = draws.words(30, 41)
    counts = poisson(rate, words)

    for module in (rng, poisson_module):
        monkeypatch.setattr(module, "numba_is_there", lambda: False)
    monkeypatch.setitem(sys.modules, "isp.core.kernels.philox", None)
    monkeypatch.setitem(sys.modules, "isp.core.poisson_cpu", None)

    assert torch.equal(draws.words(30, 41), words)
    assert torch.equal(poisson(rate, words), counts)
