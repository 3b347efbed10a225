"""What an export was asked for: stages, the camera they are for, and frames of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.deploy.example_frames import Frames, frames_of_file, led_in, simulated_frames
from apps.presets import NAMES, preset
from apps.recipe_files import read_recipe
from apps.recipes import STAGES, Recipe, Step
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.files.profile import load_profile

PROOF_SIZES = ((101, 157), (202, 134))  # not the size that graphs are traced at
PROOF_NUMBERS = (11, 12)  # of the frames: not the one that graphs are traced on
CALIBRATION_NUMBERS = (1, 2, 3, 4, 5, 6)
RECIPES = (".toml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is exported and for which camera.

    what: one preset or recipe file, or stages in order. camera and iso, or a raw file: what
    decides the values that the bundle has by default. precision: `fp32`, `fp16` or `int8`.
    static: height and width of a graph that takes no other. staged: a graph for each stage.
    settings: (step, parameter, value).
    """

    what: tuple[str, ...]
    camera: str | None = None
    iso: float | None = None
    source: Path | None = None
    precision: str = "fp32"
    static: tuple[int, int] | None = None
    staged: bool = False
    settings: Sequence[tuple[str, str, Any]] = field(default_factory=tuple)
    force: bool = False


def frames_of(request: ExportRequest) -> Frames:
    """Where frames come from: a camera that is simulated, or a raw file.

    Raises UsageError where neither is named.
    """
    if request.source is not None:
        return frames_of_file(request.source, request.camera)
    if request.camera is None or request.iso is None:
        raise UsageError(
            "a bundle is made for a camera: pass --camera NAME and --iso N, or --input FILE.dng"
        )
    return simulated_frames(load_profile(request.camera), request.iso)


def pipeline_of(request: ExportRequest, frame: Frame) -> Pipeline:
    """The stages that were asked for, made for the frame's pattern.

    A stage that is named again is a step of its own, `sharpen` and then `sharpen_2`.

    Raises UsageError for a name that is neither a preset, a recipe file nor a stage.
    """
    cfa = frame.need_profile().cfa
    recipe = _recipe(request.what, frame)
    for step, parameter, value in request.settings:
        recipe = recipe.set(step, **{parameter: value})
    pipeline = recipe.build(cfa)
    whole = len(request.what) == 1 and request.what[0] not in STAGES
    return pipeline.starting_at(frame.domain) if whole else pipeline


def proof_frames(
    request: ExportRequest, frames: Frames, pipeline: Pipeline, numbers: Sequence[int]
) -> list[Frame]:
    """Of sizes that are not the export's, unless the graph takes no other; one a number."""
    stages = [stage for _, stage in pipeline.stages]
    multiple = math.lcm(*(stage.multiple for stage in stages))
    sizes = [request.static] if request.static else [
        (-(-h // multiple) * multiple, -(-w // multiple) * multiple) for h, w in PROOF_SIZES
    ]  # fmt: skip
    domain = stages[0].domain_in
    return [
        led_in(frames(*sizes[i % len(sizes)], number), domain) for i, number in enumerate(numbers)
    ]


def title(request: ExportRequest) -> str:
    """The bundle's name: of its preset, recipe file or stages."""
    return "-".join(Path(name).stem for name in request.what)


def _recipe(what: Sequence[str], frame: Frame) -> Recipe:
    cfa = frame.need_profile().cfa
    if len(what) == 1 and what[0] in NAMES:
        return preset(what[0], cfa)
    if len(what) == 1 and Path(what[0]).suffix in RECIPES:
        return read_recipe(Path(what[0]))
    unknown = [name for name in what if name not in STAGES]
    if unknown or not what:
        known = f"presets: {', '.join(NAMES)}; stages: {', '.join(STAGES)}"
        raise UsageError(f'"{", ".join(unknown)}" is no preset, recipe file or stage; {known}')
    names = [
        stage if what[:place].count(stage) == 0 else f"{stage}_{what[:place].count(stage) + 1}"
        for place, stage in enumerate(what)
    ]
    return Recipe(steps=tuple(Step(name=n, stage=s) for n, s in zip(names, what, strict=True)))
