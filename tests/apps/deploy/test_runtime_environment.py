"""The environment block says what a time was measured on, and nothing that names a machine."""

import getpass
import json
import os
import platform
from pathlib import Path

import numpy as np
import pytest

from apps.deploy.runtime import PeakMemory, environment


def test_it_names_processor_libraries_and_system() -> None:
    found = environment()

    assert found["cores_allowed"] == len(os.sched_getaffinity(0))
    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__
    assert "CPUExecutionProvider" in found["providers_available"]
    assert found["kernel"] == platform.release()
    assert found["ram_bytes"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < found["clock_step_ns"] < 1_000_000


def test_it_tells_threads_but_no_host_user_or_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("CUDA_CACHE_PATH", str(Path.home()))
    monkeypatch.setenv("OMPI_SECRET", "4")

    found = environment()

    assert found["variables"]["OMP_NUM_THREADS"] == "3"
    assert "CUDA_CACHE_PATH" not in found["variables"]
    assert "OMPI_SECRET" not in found["variables"]
    text = json.dumps(found)
    for secret in (platform.node(), str(Path.home()), str(Path.cwd()), f'"{getpass.getuser()}"'):
        assert secret not in text


def test_peak_memory_sees_an_array_that_is_gone_again() -> None:
    peak = PeakMemory()
    before = peak.bytes()
    grown = np.ones(8_000_000)  # 64 MB
    del grown

    after = peak.bytes()

    assert before is not None
    assert after is not None
    assert after - before > 30_000_000
