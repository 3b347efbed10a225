"""The page that says how to write a stage runs as it stands, and its tiles need what it says."""

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "own-stage.md"


def blocks() -> list[str]:
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(found) == 3
    return found


def test_every_block_of_the_page_runs_after_those_before_it() -> None:
    known: dict[str, Any] = {"__name__": "own_stage"}

    for block in blocks():
        exec(block, known)

    assert {"Smooth", "Centre"} <= known.keys()


def test_a_halo_that_is_too_small_fails_the_test_that_the_page_tells_to_write() -> None:
    first, second, _ = blocks()
    known: dict[str, Any] = {"__name__": "own_stage"}
    exec(first.replace("halo = 1", "halo = 0").replace("mask_support = 1", ""), known)

    with pytest.raises(AssertionError):
        exec(second, known)
