"""What a recipe may be made cheaper by, best quality first, in our own published order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import lcm
from pathlib import Path

from apps.bench.latency.step_records import step_records
from apps.bench.planning.measured import Steps, step_of
from apps.presets import NAMES, preset
from apps.recipe_files import read_recipe
from apps.recipes import Recipe, Step
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.pipeline import Pipeline

# Best first. docs/papers/exposure-diffusion.md, all cases together: 30.96, 30.77, 29.72 dB.
NETWORKS = ("fw-1m", "fw-100k", "fw-5k")
# docs/demosaic.md, Bayer, PSNR after the sRGB curve: 39.82, 37.00, 33.75, 32.37, 31.41 dB.
DEMOSAICS = ("gbtf_root", "directional_mmse", "menon2007", "malvar2004", "bilinear")
OPTIONAL = ("chroma_denoise", "sharpen")  # a picture is whole without them
ORDER = (
    "quality in the order of docs/papers/exposure-diffusion.md (denoiser), then docs/demosaic.md "
    "(demosaic), then fewer stages left out, then the loss that the targets measured of coarser "
    "numbers"
)
SUFFIXES = (".toml", ".json")
Choice = tuple[int, Recipe, str]  # rank, what it makes, what was changed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alternative:
    """One form of the recipe. rank: the lower the better. changes: against what was asked for.

    halo: margin of a tile through all its stages, None where tiles cannot give the result. step:
        what tiles are aligned to.
    """

    rank: tuple[int, ...]
    changes: tuple[str, ...]
    steps: Steps
    halo: int | None
    step: int


def asked_recipe(name: str, cfa: Cfa) -> Recipe:
    """A preset's or a file's recipe.

    Raises UsageError for what is neither, FileError for a file that holds no recipe.
    """
    if name in NAMES:
        return preset(name, cfa)
    if name.endswith(SUFFIXES):
        return read_recipe(Path(name))
    raise UsageError(f'--recipe is {", ".join(NAMES)} or a file (.toml, .json), not "{name}"')


def alternatives(recipe: Recipe, cfa: Cfa) -> list[Alternative]:
    """The recipe as asked for, and what is cheaper by our own account, best first."""
    found = []
    for rank, changed, changes in _changed(recipe, cfa):
        pipeline = changed.build(cfa)
        halo, step = _tiling(pipeline, cfa)
        found.append(
            Alternative(
                rank=rank, changes=changes, halo=halo, step=step,
                steps=tuple(step_of(record) for record in step_records(pipeline)),
            )
        )  # fmt: skip
    return sorted(found, key=lambda a: a.rank)


def _changed(recipe: Recipe, cfa: Cfa) -> Iterator[tuple[tuple[int, ...], Recipe, tuple[str, ...]]]:
    optional = [step.name for step in recipe.steps if step.stage in OPTIONAL]
    for denoised in _denoised(recipe):
        for mosaicked in _demosaicked(denoised[1], cfa):
            for keeps in product((True, False), repeat=len(optional)):
                made, words = mosaicked[1], [denoised[2], mosaicked[2]]
                for name, kept in zip(optional, keeps, strict=True):
                    if not kept:
                        made, words = made.without(name), [*words, f"no {name}"]
                rank = (denoised[0], mosaicked[0], keeps.count(False))
                yield rank, made, tuple(word for word in words if word)


def _denoised(recipe: Recipe) -> Iterator[Choice]:
    yield 0, recipe, ""
    step = _step_of(recipe, ("exposure_diffusion",))
    if step is None:
        return
    model = str(step.settings.get("model", NETWORKS[0]))
    smaller = NETWORKS[NETWORKS.index(model) + 1 :] if model in NETWORKS else ()
    for rank, name in enumerate(smaller, 1):
        yield rank, recipe.set(step.name, model=name), f"{step.name} {name}"
    yield len(NETWORKS), recipe.without(step.name), f"no {step.name}"


def _demosaicked(recipe: Recipe, cfa: Cfa) -> Iterator[Choice]:
    yield 0, recipe, ""
    step = _step_of(recipe, DEMOSAICS)
    if step is None or not cfa.is_bayer:  # the published order is Bayer's
        return
    for rank, name in enumerate(DEMOSAICS[DEMOSAICS.index(step.stage) + 1 :], 1):
        yield rank, recipe.choose(step.name, name), f"{step.name} {name}"


def _step_of(recipe: Recipe, stages: tuple[str, ...]) -> Step | None:
    return next((step for step in recipe.steps if step.stage in stages), None)


def _tiling(pipeline: Pipeline, cfa: Cfa) -> tuple[int | None, int]:
    stages = [stage for _, stage in pipeline.stages]
    step = lcm(*cfa.period, *(s.multiple for s in stages), *(s.aligned for s in stages))
    if any(s.whole_frame or s.surveys or not s.tileable for s in stages):
        return None, step
    return sum(max(s.halo, s.mask_support) for s in stages), step  # as isp.core.tiles has it
