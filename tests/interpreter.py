"""Kernels of a GPU in Triton's interpreter, on a CPU, in a process of their own.

The interpreter is chosen when Triton is first imported.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isp.core.kernels.presence import triton_is_there

ROOT = Path(__file__).resolve().parents[1]


def run_interpreted(tests: str) -> None:
    """Run a file of tests, named from the project's folder; all have to pass, none is skipped."""
    if not triton_is_there():
        pytest.skip("Triton is not installed, and its interpreter runs the kernel without a GPU")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests],
        cwd=ROOT, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
