"""What a time was measured on: the machine, the libraries, and which fullwell."""

import importlib.metadata
import subprocess
from pathlib import Path
from typing import Any

import torch

from apps.deploy.runtime import environment, gpu_state

HERE = Path(__file__).resolve().parent
LIBRARIES = ("scipy", "numba", "openvino", "triton")


def measured_on() -> dict[str, Any]:
    """The block of `run.py`, with torch and the commit: no host, no user, no path."""
    return environment() | {
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "torch_between_operators": torch.get_num_interop_threads(),
        "torch_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if torch.cuda.is_available() else None,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "gpu_state": gpu_state(),
        "fullwell": {"version": _version("fullwell")} | _commit(),
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> dict[str, Any]:
    """Commit and whether files differ from it; None where this is no checkout."""
    if _git("ls-files", "--error-unmatch", Path(__file__).name) is None:
        return {"commit": None, "dirty": None}  # installed, perhaps below another's checkout
    commit, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain")
    return {"commit": commit, "dirty": None if changed is None else bool(changed)}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(HERE), *arguments],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode else done.stdout.strip()
