"""Several processes train the net that one would on all of their batches."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from enhance.training import train
from tests.enhance.small_net import loss, net
from tests.enhance.two_processes import PLAN, batch

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow  # starts two interpreters, twice


def together(out: Path, *limit: str) -> list[dict[str, Any]]:
    out.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
         "--module", "tests.enhance.two_processes", str(out), *limit],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [torch.load(out / f"process{i}.pt", weights_only=True) for i in range(2)]


def assert_alike(one: dict[str, Tensor], other: dict[str, Tensor], atol: float) -> None:
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=0, atol=atol)


def test_two_processes_step_by_the_mean_of_their_gradients(tmp_path: Path) -> None:
    first, second = together(tmp_path / "two")

    def pairs(start: int) -> Iterator[list[Tensor]]:
        step = start
        while True:
            yield [batch(2 * step), batch(2 * step + 1)]
            step += 1

    def of_both(model: nn.Module, given: list[Tensor]) -> Tensor:
        return (loss(model, given[0]) + loss(model, given[1])) / 2

    alone = net()
    train(alone, pairs, of_both, tmp_path / "one", PLAN)

    assert_alike(first["net"], second["net"], 0)
    assert_alike(first["net"], alone.state_dict(), 1e-5)


def test_they_stop_at_one_step_when_one_of_them_is_out_of_time_and_go_on(tmp_path: Path) -> None:
    whole, _ = together(tmp_path / "whole")

    stopped = together(tmp_path / "parts", "0.0")
    resumed, other = together(tmp_path / "parts")

    assert [each["stopped"] for each in stopped] == [10, 10]
    assert_alike(resumed["net"], whole["net"], 0)
    assert_alike(other["net"], whole["net"], 0)
