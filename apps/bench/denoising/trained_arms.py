"""Networks trained alike but for one thing, and what each scores after every number of passes."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from apps.bench.denoising.captures import Case
from apps.bench.denoising.methods import passes_of
from apps.bench.denoising.scene_scores import scores
from apps.bench.run_records import RunRecords
from apps.train.denoiser_training import Course, train_denoiser
from apps.train.raw_pairs import Recipe
from enhance.exposure_diffusion import Growth
from enhance.training import Plan
from isp.core.errors import FullwellError, MissingError
from isp.files.profile import load_profile

STEPS = 1000  # of the shortest arm: N
SEEDS = (0, 1, 2)
PASSES = (1, 2, 3, 5)
RATIOS = (20.0, 300.0)  # trained on, as ExposureDiffusion's released options have it
SIDE = 48  # packed pixels
RATE = {"fw-5k": 3e-3, "fw-100k": 2e-3, "fw-1m": 1e-3}

# What an arm trains: steps in units of N, refining passes, whether increments are drawn.
ARMS: dict[str, dict[str, Any]] = {
    "single pass, N steps": {"share": 1},
    "single pass, 3N steps": {"share": 3},
    "ExposureDiffusion, N steps of 3 passes": {"share": 1, "refining": 2},
    "the same, mean in place of draws": {"share": 1, "refining": 2, "poisson": False},
}
SINGLE, REFINED = [*ARMS][1:3]  # of equal compute in training
Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One training and where it is tested.

    network: of `raw_nets`. share: steps in units of N. noise, ratios: trained on.
    fixed: trained on one noise only, that of a Sony A7S2 at one ISO, at ratio 100.
    """

    network: str
    seed: int = 0
    share: int = 1
    refining: int = 0
    poisson: bool = True
    noise: str = "eld"
    ratios: tuple[float, float] = RATIOS
    fixed: bool = False

    def course(self) -> Course:
        """The training."""
        own = next(name for name in RATE if self.network.startswith(name))
        ours = self.network == own or self.network.endswith("-blind")
        plan = Plan(
            steps=self.share * STEPS, learning_rate=RATE[own], warm_up=100, clip_norm=4.0,
            average=0.995, bfloat16_share=0.85, checkpoint_every=500, log_every=100,
        )  # fmt: skip
        recipe = Recipe(
            side=SIDE, ratios=self.ratios, often=None, shared_ratio=True, noise=self.noise
        )
        course = Course(
            network=self.network, plan=plan, recipe=recipe, refining=self.refining,
            loss="decibels" if ours else "l1", poisson=self.poisson, seed=self.seed,
        )  # fmt: skip
        if not self.fixed:
            return course
        profile = load_profile("SonyA7S2")
        one = tuple(r for r in profile.readings if r.iso == Case(camera="", ratio=1).iso)
        return replace(
            course, profile=profile.with_fields(readings=one),
            recipe=replace(recipe, ratios=(100.0, 100.0)),
        )  # fmt: skip

    def record(self) -> dict[str, Any]:
        """All that the result rests on, as plain values."""
        return self.course().record()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where runs are kept and what they need.

    data: folder of FULLWELL_DATA. light: pack of clean light, to train on. work: folder of
    checkpoints, where trainings that were stopped go on, and those that ended are taken from.
    """

    records: RunRecords
    data: Path
    light: Path | None
    work: Path | None
    tell: Callable[[str], None]

    def trained(self, arm: Arm, cases: tuple[Case, ...], passes: tuple[int, ...] = PASSES) -> Found:
        """Scores by case and number of passes, `KEY` of each; trained where not in the records.

        Raises MissingError where there is no run, and none is to be made or no light is given.
        """
        run = {
            "course": arm.record(), "cases": [c.record() for c in cases], "passes": list(passes)
        }  # fmt: skip
        return self.records.result(run, lambda: self._train(arm, cases, passes))

    def _train(self, arm: Arm, cases: tuple[Case, ...], passes: tuple[int, ...]) -> dict[str, Any]:
        if self.light is None or self.work is None:
            raise MissingError(
                "training needs --light, a pack of clean light, and --work, a folder"
            )
        self.tell(f"training {arm}")
        named = hashlib.sha256(json.dumps(arm.record(), sort_keys=True).encode()).hexdigest()
        folder = self.work / f"{arm.network}-{named[:12]}"
        net = train_denoiser(arm.course(), self.light, folder)
        log = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
        if net is None:
            raise FullwellError("the training ended early")
        growth = Growth(poisson=arm.poisson)
        found = {
            key(case, count): scores(self.data, case, passes_of(net, count - 1, growth))
            for case in cases
            for count in passes
        }
        return {"last": json.loads(log[-1]), "scores": found}


def key(case: Case, passes: int) -> str:
    """How a case and a number of passes are called in a run's scores."""
    return f"{case.camera} {case.noise} x{case.ratio:g} {passes}"


def over(run: Found, cases: Sequence[Case], passes: int, name: str = "psnr_db") -> list[float]:
    """Each scene's mean over the cases; scenes that have the number in none are left out."""
    columns = [run["scores"][key(case, passes)][name] for case in cases]
    per_scene = [[v for v in each if v is not None] for each in zip(*columns, strict=True)]
    return [fmean(each) for each in per_scene if each]
