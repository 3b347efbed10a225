"""Kernels compile anywhere, and never from a stale copy on disk."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, no_type_check

import numba
import pytest

from isp.core.kernels import compiled

CALLED = "import numba\n\n@numba.njit\ndef value():\n    return {number}\n"
CALLER = """import sys
from isp.core.kernels.compiled import compiled
from called import value

@compiled
def twice():
    return 2 * value()

print(twice())
"""


def test_a_kernel_compiles_where_nothing_may_be_kept_on_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_only(*, cache: bool = False, **options: bool) -> Callable[..., Any]:
        if cache:
            return lambda kernel: (_ for _ in ()).throw(RuntimeError("no locator available"))
        return numba.njit(**options)

    monkeypatch.setattr(compiled, "nb", SimpleNamespace(njit=read_only, config=numba.config))

    double = compiled.compiled(no_type_check(lambda x: 2 * x))

    assert double(21) == 42


def test_a_change_in_a_function_that_a_kernel_calls_is_seen(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)
    env = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": f"{Path.cwd()}:{tmp_path}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    answers = []
    for number in (21, 33, 33):
        (tmp_path / "called.py").write_text(CALLED.format(number=number))
        run = subprocess.run(
            [sys.executable, str(tmp_path / "caller.py")], env=env, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        answers.append(int(run.stdout))

    assert answers == [42, 66, 66]
    assert len(list((tmp_path / "cache" / "fullwell").iterdir())) == 2


def test_the_place_of_kernels_is_chosen_for_them_alone() -> None:
    before = numba.config.CACHE_DIR

    compiled.approximate(no_type_check(lambda x: x + 1))

    assert before == numba.config.CACHE_DIR
