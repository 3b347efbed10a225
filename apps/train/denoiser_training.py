"""Training of a raw denoiser: batches by the simulator, one loop, weights with a card."""

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from apps.train.clean_light import CleanLight
from apps.train.eld_lines import ELD_LINES, HELD_OUT
from apps.train.raw_pairs import RawBatch, RawPairs, Recipe
from enhance.exposure_diffusion import Captured, Growth
from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net
from enhance.progressive_loss import progressive_loss
from enhance.schedule import random_exposures
from enhance.training import Batches, Plan, train
from enhance.weights import write_weights
from isp.core.errors import UsageError
from isp.core.rng import Draws, Effect

TRAINED_ON = tuple(name for name in ELD_LINES if name not in HELD_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is trained, on what, how.

    network: of `raw_nets`. cameras: of `ELD_LINES`. refining: steps T after the first pass that
    are trained too; 0 is a single pass. loss, increment, poisson: see `progressive_loss` and
    `Growth`. seed: of weights, batches and increments.

    Raises UsageError for cameras that are not there, or refining of images of unlike ratios.
    """

    network: str
    plan: Plan
    recipe: Recipe
    cameras: tuple[str, ...] = TRAINED_ON
    refining: int = 0
    loss: str = "decibels"
    increment: str = "cumulative"
    poisson: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the cameras, and that a schedule fits."""
        unknown = [name for name in self.cameras if name not in ELD_LINES]
        if unknown or not self.cameras:
            raise UsageError(f"cameras are among {', '.join(ELD_LINES)}, not {unknown or 'none'}")
        if self.refining and not self.recipe.shared_ratio:
            # A schedule of exposures is one for a batch.
            raise UsageError("refining steps are trained with one ratio for a batch: shared_ratio")

    def record(self) -> dict[str, Any]:
        """The course as plain values, for a card."""
        return asdict(self)


def train_denoiser(
    course: Course,
    light: Path,
    out: Path,
    *,
    device: str = "cpu",
    limit_s: float | None = None,
    accelerator: Any = None,
    tensorboard: bool = False,
    tell: Callable[[int, float], None] | None = None,
) -> RawNet | None:
    """Train a network of raw denoising; None when time ran out before the end.

    light: a pack of clean light. out: folder of checkpoint, log and, at the end,
    `weights.safetensors` with its card. The rest as `enhance.training.train`.

    Raises FileError, UsageError, MissingError.
    """
    pack = CleanLight(light)
    net: Any = new_net(course).to(device)
    if device == "cpu":
        net.to(memory_format=torch.channels_last)  # half the time there
    pairs = RawPairs(pack, [ELD_LINES[n] for n in course.cameras], course.recipe, course.seed)
    trained = train(
        net, _moved(pairs, device), loss_of(course), out, course.plan, limit_s=limit_s,
        accelerator=accelerator, tensorboard=tensorboard, tell=tell,
    )  # fmt: skip
    if not isinstance(trained, RawNet):
        return None
    facts = {
        "network": course.network,
        "course": course.record(),
        "scenes": pack.names,
        "trained_with": {"torch": torch.__version__, "python": platform.python_version()},
    }
    write_weights(trained.float(), out / "weights.safetensors", facts)
    return trained


def new_net(course: Course) -> RawNet:
    """The course's network with weights drawn by its seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(course.seed)
        return raw_net(course.network)


def loss_of(course: Course) -> Callable[[nn.Module, RawBatch], Tensor]:
    """The loss of a batch, with exposures and increments drawn by its number."""
    growth = Growth(increment=course.increment, poisson=course.poisson)

    def loss(net: nn.Module, batch: RawBatch) -> Tensor:
        item = torch.tensor([batch.number])
        drawn = Draws(seed=course.seed, effect=Effect.NETWORK, sensor="exposures", item=item)
        at = random_exposures(float(batch.ratio.max()), course.refining, drawn)
        items = batch.number * len(batch.ratio) + torch.arange(len(batch.ratio))
        draws = Draws(seed=course.seed, effect=Effect.NETWORK, sensor="increments", item=items)
        inner: Any = getattr(net, "module", net)  # accelerate wraps it
        return progressive_loss(
            inner, batch.captured, batch.clean, at, draws, kind=course.loss, growth=growth
        )

    return loss


def _moved(pairs: RawPairs, device: str) -> Batches:
    """The pairs' batches on a device; there as convolutions like them."""
    layout = torch.channels_last if device == "cpu" else torch.contiguous_format

    def batches(start: int) -> Any:
        for batch in pairs(start):
            captured = batch.captured
            yield RawBatch(
                captured=Captured(
                    electrons=captured.electrons.to(device).contiguous(memory_format=layout),
                    white_e=captured.white_e.to(device),
                    dark_variance_e2=captured.dark_variance_e2.to(device),
                ),
                clean=batch.clean.to(device),
                ratio=batch.ratio,
                number=batch.number,
            )

    return batches
