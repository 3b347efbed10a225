"""One training loop: checkpoints that resume to the bit, an average of the weights, a log."""

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from isp.core.errors import MissingError, UsageError

Batches = Callable[[int], Iterator[Any]]  # from a step on: the same batch for the same step
Loss = Callable[[nn.Module, Any], Tensor]
CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
AGREED_EVERY = 10  # steps after which several processes ask each other whether to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how fast.

    steps: of the whole run. learning_rate: at its highest, after `warm_up` steps; a cosine brings
        it down to a hundredth.
    average: share of the old weights that their average keeps in each step.
    clip_norm: of the gradient. bfloat16_share: of the steps, from the first, in bfloat16 where
        that is faster; the rest in float32, in which the network will run.
    checkpoint_every, log_every: steps.

    Raises UsageError for numbers that make no run.
    """

    steps: int
    learning_rate: float = 2e-3
    warm_up: int = 200
    average: float = 0.999
    clip_norm: float = 1.0
    bfloat16_share: float = 0.0
    checkpoint_every: int = 1000
    log_every: int = 100

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.steps < 1 or self.checkpoint_every < 1 or self.log_every < 1:
            raise UsageError("steps, checkpoint_every and log_every are 1 or more")
        if not (self.learning_rate > 0 and self.clip_norm > 0):
            raise UsageError("learning_rate and clip_norm are above 0")
        if not (0 <= self.average < 1 and 0 <= self.bfloat16_share <= 1 and self.warm_up >= 0):
            raise UsageError("average is in 0..1, bfloat16_share too, and warm_up is 0 or more")

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0.

        >>> plan = Plan(steps=101, learning_rate=1.0, warm_up=10)
        >>> plan.rate_at(4), round(plan.rate_at(100), 3)
        (0.5, 0.01)
        """
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        share = (step - self.warm_up) / max(1, self.steps - 1 - self.warm_up)
        return self.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)


@dataclass(slots=True, eq=False)
class _Run:
    net: nn.Module
    averaged: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0


def train(
    net: nn.Module,
    batches: Batches,
    loss: Loss,
    out: Path,
    plan: Plan,
    *,
    limit_s: float | None = None,
    accelerator: Any = None,
    tensorboard: bool = False,
    tell: Callable[[int, float], None] | None = None,
) -> nn.Module | None:
    """Train a network and return the average of its weights; None when time ran out before.

    batches: gives the batches from a step on; the same step, the same batch, or a resumed run is
        another one. loss: of the network on a batch, a number.
    out: folder of checkpoint and log. A checkpoint there goes on where it stopped, with the same
        weights to the bit as an unbroken run on the same machine and number of threads.
    limit_s: seconds of this call, after which a checkpoint is left and None comes back.
    accelerator: of the package accelerate, for several GPUs; it decides precision then, and its
        processes' batches are theirs to tell apart. The network lies on its device already.
    tensorboard: write its events beside the log. tell: called with step and loss when logged.

    Raises UsageError for a checkpoint of another plan or network, or a loss that is no number;
    MissingError for tensorboard without its package.
    """
    out.mkdir(parents=True, exist_ok=True)
    writer = _board(out) if tensorboard else None
    device = next(net.parameters()).device
    run = _Run(
        net=net,
        averaged=copy.deepcopy(net),
        optimiser=torch.optim.Adam(net.parameters(), lr=plan.learning_rate, betas=(0.9, 0.99)),
    )
    _resume(run, out, plan)
    objective: nn.Module = _Objective(net, loss)
    if accelerator is not None:
        objective, run.optimiser = accelerator.prepare(objective, run.optimiser)
    main = accelerator is None or accelerator.is_main_process
    started, recent = time.monotonic(), []
    for batch in batches(run.step):
        if run.step >= plan.steps:
            break
        rate = plan.rate_at(run.step)
        for group in run.optimiser.param_groups:
            group["lr"] = rate
        half = accelerator is None and run.step < plan.bfloat16_share * plan.steps
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            value = objective(batch)
        run.optimiser.zero_grad(set_to_none=True)
        if accelerator is None:
            value.backward()
        else:
            accelerator.backward(value)
        nn.utils.clip_grad_norm_(net.parameters(), plan.clip_norm)
        run.optimiser.step()
        _average(run, plan)
        run.step += 1
        recent.append(value.detach())
        now = run.seconds + time.monotonic() - started
        if run.step % plan.log_every == 0 or run.step == plan.steps:
            mean = float(torch.stack(recent).mean())
            recent.clear()
            if not math.isfinite(mean):
                raise UsageError(f"the loss is {mean} at step {run.step}; take a lower rate")
            if main:
                _log(out, writer, run.step, mean, rate, now)
                if tell:
                    tell(run.step, mean)
        over = limit_s is not None and _over(time.monotonic() - started > limit_s, run.step)
        if main and (run.step % plan.checkpoint_every == 0 or run.step == plan.steps or over):
            _keep(run, out, plan, now)
        if over and run.step < plan.steps:
            return None
    return run.averaged.eval()


class _Objective(nn.Module):
    """A network and its loss as one module: gradients are exchanged for what `forward` runs."""

    def __init__(self, net: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.net, self.loss = net, loss

    def forward(self, batch: Any) -> Tensor:
        return self.loss(self.net, batch)


def _over(mine: bool, step: int) -> bool:
    """Whether time is over; several processes stop at the same step, when the first says so."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return mine
    if step % AGREED_EVERY:
        return False
    said: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(said, mine)
    return any(said)


def _average(run: _Run, plan: Plan) -> None:
    """Move the averaged weights; early ones, which are far off, are forgotten faster."""
    keep = min(plan.average, (1 + run.step) / (10 + run.step))
    with torch.no_grad():
        torch._foreach_lerp_(list(run.averaged.parameters()), list(run.net.parameters()), 1 - keep)
        for kept, new in zip(run.averaged.buffers(), run.net.buffers(), strict=True):
            kept.copy_(new)


def _keep(run: _Run, out: Path, plan: Plan, seconds: float) -> None:
    """Write the checkpoint beside the old one, then in its place."""
    part = out / (CHECKPOINT + ".part")
    torch.save(
        {"net": run.net.state_dict(), "averaged": run.averaged.state_dict(),
         "optimiser": run.optimiser.state_dict(), "step": run.step, "seconds": seconds,
         "plan": asdict(plan)},
        part,
    )  # fmt: skip
    part.replace(out / CHECKPOINT)


def _resume(run: _Run, out: Path, plan: Plan) -> None:
    path = out / CHECKPOINT
    if not path.exists():
        return
    kept = torch.load(path, map_location="cpu", weights_only=True)
    said = {k: v for k, v in kept["plan"].items() if asdict(plan).get(k) != v}
    if said:
        raise UsageError(
            f"{path} is of a run with {', '.join(f'{k} {v}' for k, v in said.items())}; "
            "go on with that, or train into another folder"
        )
    try:
        run.net.load_state_dict(kept["net"])
        run.averaged.load_state_dict(kept["averaged"])
        run.optimiser.load_state_dict(kept["optimiser"])
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"{path} is of another network; train into another folder") from error
    run.step, run.seconds = kept["step"], kept["seconds"]
    _cut_log(out / LOG, run.step)


def _cut_log(path: Path, step: int) -> None:
    """Forget what was logged after the checkpoint, which will be logged again."""
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if json.loads(line)["step"] <= step]
    path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def _log(out: Path, writer: Any, step: int, loss: float, rate: float, seconds: float) -> None:
    line = {"step": step, "loss": round(loss, 6), "rate": rate, "seconds": round(seconds, 1)}
    with (out / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    if writer is not None:
        writer.add_scalar("loss", loss, step)
        writer.add_scalar("rate", rate, step)


def _board(out: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # optional: events for tensorboard
    except ImportError as error:
        raise MissingError("tensorboard is not installed; install it or train without") from error
    return SummaryWriter(str(out))
