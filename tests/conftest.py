"""Fixtures that any test may ask for, and the --device option."""

import os
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        default="cpu",
        help="torch device for tests that take one (cpu, cuda); without it they are skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    # The workers of pytest -n auto fill the cores already; threads of theirs would only wait.
    if hasattr(config, "workerinput"):
        torch.set_num_threads(1)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> torch.device:
    """The device to test on; a test is skipped by name when the machine has no such device."""
    wanted = torch.device(request.config.getoption("--device"))
    if wanted.type == "cuda" and not torch.cuda.is_available():
        pytest.skip(f"{request.node.name} runs on {wanted}, and this machine has no CUDA device")
    return wanted


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real captures and scenes, which are too large for the repository."""
    path = Path(os.environ.get("FULLWELL_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"the real data are not at {path}; set FULLWELL_DATA to where they are")
    return path


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Shape checks off: torch.compile and the exporter cannot trace through them."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)
