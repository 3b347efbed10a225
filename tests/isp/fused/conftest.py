"""What the tests of the fused pass share: whether its kernel was asked."""

from collections.abc import Callable
from typing import Any

import pytest
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
