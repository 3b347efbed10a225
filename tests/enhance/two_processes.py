"""Two processes that train one net together; `test_training_together.py` starts this file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from enhance.training import CHECKPOINT, Plan, train
from tests.enhance.small_net import loss, net

PLAN = Plan(steps=25, learning_rate=0.05, warm_up=5, average=0.9, checkpoint_every=10, log_every=5)


def batch(number: int) -> Tensor:
    return torch.randn(16, 3, generator=torch.Generator().manual_seed(number))


class Together:
    """What `train` asks of accelerate's Accelerator, by torch alone."""

    def __init__(self) -> None:
        self.index = dist.get_rank()
        self.is_main_process = self.index == 0

    def prepare(self, model: nn.Module, optimiser: Any) -> tuple[Any, Any]:
        return DistributedDataParallel(model), optimiser

    def backward(self, value: Tensor) -> None:
        value.backward()


def main(out: Path, limit_s: float | None) -> None:
    """Train, and write this process's own weights."""
    dist.init_process_group("gloo")
    together = Together()

    def batches(start: int) -> Iterator[Tensor]:
        step = start
        while True:
            yield batch(2 * step + together.index)
            step += 1

    # Only one of them is in a hurry, and both must stop at the same step.
    own = limit_s if limit_s is None or together.index == 1 else 1e9
    model = net()
    trained = train(model, batches, loss, out, PLAN, limit_s=own, accelerator=together)
    kept = torch.load(out / CHECKPOINT, weights_only=True)["step"] if trained is None else None
    torch.save({"net": model.state_dict(), "stopped": kept}, out / f"process{together.index}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else None)
