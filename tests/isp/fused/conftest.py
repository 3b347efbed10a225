"""What the tests of the fused pass share: whether its kernel was asked, and two threads."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from isp.fused import cpu


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each time the kernel was asked, whether it had an answer."""
    answers: list[bool] = []
    kernel: Callable[..., Tensor | None] = cpu.render

    def render(*arguments: Any) -> Tensor | None:
        picture = kernel(*arguments)
        answers.append(picture is not None)
        return picture

    monkeypatch.setattr(cpu, "render", render)
    return answers


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)
