"""What is asked of a training in words: its course, its GPUs, and what a run's folder holds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from apps.train.denoiser_training import COURSE, STATE, TRAINED_ON, WEIGHTS, Course
from apps.train.raw_pairs import OFTEN, Recipe
from enhance.progressive_loss import LOSSES
from enhance.training import CHECKPOINT, Plan
from isp.core.errors import MissingError, UsageError
from isp.files.profile import load_profile

WARM_UP_SHARE = 0.05  # of the steps at most, or a short run would never be warm
LOGGED, KEPT = 100, 1000  # steps


def asked_course(
    *,
    network: str,
    steps: int,
    learning_rate: float,
    refining: int,
    loss: str,
    noise: str,
    cameras: Sequence[str] | None,
    profile: str | None,
    ratios: str,
    count: int,
    side: int,
    seed: int,
    bfloat16_share: float,
    start: str | None,
) -> Course:
    """The course of plain options.

    cameras: None for those that ours are trained on. ratios: LOW,HIGH; half of the images have
        one of those wanted `OFTEN` as far as these reach it.

    Raises UsageError for what makes no course, ProfileError and FileError for a profile.
    """
    if cameras and profile is not None:
        raise UsageError("take the noise of cameras or of one profile, not both")
    if loss not in LOSSES:
        raise UsageError(f'the loss is {", ".join(LOSSES)}, not "{loss}"')
    low, high = _ends(ratios)
    near, far = max(low, OFTEN[0]), min(high, OFTEN[1])
    plan = Plan(
        steps=steps, learning_rate=learning_rate, warm_up=min(200, int(WARM_UP_SHARE * steps)),
        bfloat16_share=bfloat16_share, log_every=min(LOGGED, steps), checkpoint_every=KEPT,
    )  # fmt: skip
    recipe = Recipe(
        count=count, side=side, ratios=(low, high), often=(near, far) if near < far else None,
        shared_ratio=refining > 0, noise=noise,
    )  # fmt: skip
    return Course(
        network=network, plan=plan, recipe=recipe, cameras=tuple(cameras or TRAINED_ON),
        profile=None if profile is None else load_profile(profile), refining=refining, loss=loss,
        seed=seed, start=start,
    )  # fmt: skip


def _ends(ratios: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in ratios.split(","))
    except ValueError as error:
        raise UsageError(f'ratios are LOW,HIGH as 1,400, not "{ratios}"') from error
    return low, high


def accelerator_for(course: Course) -> Any:
    """The accelerator of this process, which `accelerate launch` has told its place.

    Raises MissingError where the package is not installed, UsageError for a share of the steps in
    bfloat16: accelerate takes all or none.
    """
    share = course.plan.bfloat16_share
    if share not in (0.0, 1.0):
        raise UsageError("with --gpus all steps are in bfloat16 or none: --bfloat16-share 0 or 1")
    try:
        from accelerate import Accelerator  # optional: several GPUs
    except ImportError as error:
        raise MissingError(
            "accelerate is not installed; install fullwell[diffusion] or train without --gpus"
        ) from error
    return Accelerator(mixed_precision="bf16" if share else "no")


def run_facts(out: Path) -> dict[str, Any]:
    """What a run's folder says: step, steps, and of a finished run its weights and their card."""
    kept = torch.load(out / CHECKPOINT, map_location="cpu", weights_only=True)
    steps = json.loads((out / COURSE).read_text(encoding="utf-8"))["plan"]["steps"]
    facts = {"output": str(out), "step": kept["step"], "steps": steps, "seconds": kept["seconds"]}
    found = [out / name for name in (WEIGHTS, STATE) if (out / name).exists()]
    if kept["step"] == steps and found:
        card = json.loads(found[0].with_suffix(".json").read_text(encoding="utf-8"))
        facts |= {"weights": str(found[0])} | {k: card[k] for k in ("noise_left", "bias")}
    return facts
