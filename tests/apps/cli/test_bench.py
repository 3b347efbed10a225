"""fullwell bench: the table, the files, exit codes."""

import json
from pathlib import Path

import pytest
import torch

from tests.apps.bench.latency.test_graphs import graph
from tests.apps.conftest import Command


@pytest.fixture(autouse=True)
def small_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that all is measured against takes no second."""
    monkeypatch.setattr("apps.bench.latency.ceilings.last_level_cache_bytes", lambda: 4096)


def test_a_stage_is_timed_told_and_written(fullwell: Command, tmp_path: Path) -> None:
    place = tmp_path / "a.json"

    answer = fullwell(
        "bench", "srgb_fast", "--stage", "black_level", "--size", "24x36", "--frames", 3,
        "--variant", "eager", "--json", place, "--html", tmp_path / "a.html",
    )  # fmt: skip

    assert answer.code == 0
    assert "black_level" in answer.out
    assert "24x36" in answer.out
    (run,) = json.loads(place.read_text())["runs"]
    assert (run["n"], len(run["frames_ms"])) == (3, 3)
    assert "black_level" in (tmp_path / "a.html").read_text()


def test_a_budget_that_too_few_frames_cannot_show_kept_exits_1(
    fullwell: Command, tmp_path: Path
) -> None:
    answer = fullwell(
        "bench", graph(tmp_path / "twice.onnx"), "--size", "12x24", "--frames", 3, "--budget",
        "1000s", "--quiet",
    )  # fmt: skip

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("error: whole, onnx, 12x24, closed: 3 frames tell no p99")


def test_cuda_on_a_machine_without_it_exits_3_and_names_what_is_missing(
    fullwell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])

    of_torch = fullwell("bench", "srgb", "--provider", "cuda")
    of_graph = fullwell("bench", graph(tmp_path / "twice.onnx"), "--provider", "cuda")

    assert (of_torch.code, of_graph.code) == (3, 3)
    assert "--provider cuda: torch" in of_torch.err
    assert "has no CUDAExecutionProvider" in of_graph.err


def test_a_target_that_is_nothing_exits_2(fullwell: Command) -> None:
    answer = fullwell("bench", "nothing")

    assert answer.code == 2
    assert '"nothing" is no preset' in answer.err
