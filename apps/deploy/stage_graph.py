"""Stages in a row as one pure module: picture and masks in, picture and masks out."""

import inspect
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isp.core.domain import Domain
from isp.core.errors import StageError
from isp.core.frame import Frame
from isp.core.pipeline import NamedStage, Pipeline
from isp.core.quantise import Quantised
from isp.core.stage import Run, Stage, dilated, is_picture

DATA = ("data", "measured", "clipped")
MASKED = ("measured", "clipped", "near_clipped")  # inputs of a stage that masks give
PICTURES = ("defective",)  # inputs of the picture's size that are known beforehand


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphInput:
    """An input beside picture and masks.

    name: `step.parameter`. kind: `value`, which a shot or a profile decides; `defects`, 1 at the
    listed photosites; `place`, where a tile lies. example: (b, ...), as the example frame has it.
    estimated: whether it was estimated from the example frame's own pixels.
    """

    name: str
    kind: str
    example: Tensor
    estimated: bool = False


class StageGraph(nn.Module):
    """A run of stages, masks carried along: what an ONNX graph is made of.

    Made by `stage_graph`. Masks are float, 1 where a pixel was measured, or clipped.
    """

    def __init__(self, run: Sequence[NamedStage], takes: Sequence[Sequence[str]]) -> None:
        super().__init__()
        self.names = tuple(name for name, _ in run)
        self.stages = nn.ModuleList(stage for _, stage in run)
        self.takes = tuple(tuple(names) for names in takes)

    def forward(
        self, data: Tensor, measured: Tensor, clipped: Tensor, values: list[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Picture and both masks; values: the other inputs in order."""
        sound, lost = measured > 0, clipped > 0
        rest = iter(values)
        for stage, names in zip(self.stages, self.takes, strict=True):
            assert isinstance(stage, Stage)
            given = [
                _of_masks(stage, name, sound, lost, data) if name in MASKED else next(rest)
                for name in names
            ]
            before, data = data, stage(data, *given)
            sound, lost = stage.masks_after(sound, lost, Run(before, given, data))
        return data, sound.to(data.dtype), lost.to(data.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGraph:
    """A module, its inputs beside picture and masks, and how it may be cut into tiles.

    frame: the example that goes in; after: what the stages make of it, which the next run takes.
    """

    module: StageGraph
    inputs: tuple[GraphInput, ...]
    frame: Frame
    after: Frame
    halo: int
    aligned: int
    multiple: int
    whole_frame: bool

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
        """The module's inputs of the example frame."""
        return inputs_of(self, self.frame)


def stage_graph(run: Sequence[NamedStage], frame: Frame) -> PlannedGraph:
    """Plan the graph of a run for frames like an example.

    frame: in the domain of the run's first stage, with the shot and profile that decide values.

    Raises StageError for a stage that is not exportable, or whose inputs nobody can tell apart.
    """
    takes, inputs, now = [], [], frame
    for name, stage in run:
        if not stage.exportable:
            raise StageError(
                f"{name} ({type(stage).__name__}) does not become a graph; "
                f"{_why(stage)}leave it out or take another"
            )
        given = stage.inputs(now)
        names = _parameters(stage)[1 : len(given)]
        takes.append(names)
        for position, (parameter, tensor) in enumerate(zip(names, given[1:], strict=True), 1):
            if parameter in MASKED:
                continue
            kind = _kind(stage, position, parameter)
            if kind == "value" and is_picture(tensor, now.size):
                raise StageError(f"{name} takes {parameter}, a picture that no bundle knows")
            own = kind == "value" and _estimates(stage, now, position, tensor)
            inputs.append(
                GraphInput(
                    name=f"{name}.{parameter}", kind=kind, example=tensor.contiguous(),
                    estimated=own,
                )
            )  # fmt: skip
        now = stage.develop(now)
    stages = [stage for _, stage in run]
    patterns = [frame.need_profile().cfa] if frame.domain < Domain.CAMERA else []
    periods = [n for cfa in patterns for n in cfa.period]
    return PlannedGraph(
        module=StageGraph(run, takes).eval(),
        inputs=tuple(inputs),
        frame=frame,
        after=now,
        halo=sum(max(stage.halo, stage.mask_support) for stage in stages),
        aligned=math.lcm(*(stage.aligned for stage in stages), *periods),
        multiple=math.lcm(*(stage.multiple for stage in stages)),
        whole_frame=any(stage.whole_frame or not stage.tileable for stage in stages),
    )


def inputs_of(plan: PlannedGraph, frame: Frame) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    """What a plan's module takes of a frame: picture, masks, and the values of that frame."""
    values, now = [], frame
    run = zip(plan.module.names, plan.module.stages, plan.module.takes, strict=True)
    for _, stage, names in run:
        assert isinstance(stage, Stage)
        given = stage.inputs(now)[1:]
        values += [t.contiguous() for n, t in zip(names, given, strict=True) if n not in MASKED]
        now = stage.develop(now)
    return frame.data, frame.measured.float(), frame.clipped.float(), values


def developed(plan: PlannedGraph, frame: Frame) -> Frame:
    """A frame behind a plan's stages, as torch has it."""
    run = zip(plan.module.names, plan.module.stages, strict=True)
    return Pipeline(*run).develop(frame)  # type: ignore[arg-type]  # modules that are stages


def runs_of(pipeline: Pipeline, *, staged: bool) -> list[tuple[str, list[NamedStage]]]:
    """The runs that become graphs, each with its name: every stage by itself, or all as one."""
    if staged:
        return [(name, [(name, stage)]) for name, stage in pipeline.stages]
    return [("whole", list(pipeline.stages))]


def _of_masks(
    stage: Stage, name: str, sound: Tensor, lost: Tensor, like: Tensor
) -> Float[Tensor, "b m h w"]:
    if name == "near_clipped":
        return dilated(lost, stage.halo).to(like.dtype)
    return (sound if name == "measured" else lost).to(like.dtype)


def _parameters(stage: Stage) -> list[str]:
    """Names of `forward`'s inputs; of a rounded stage, the stage's own."""
    inner = stage.inner if isinstance(stage, Quantised) else stage
    return list(inspect.signature(inner.forward).parameters)


def _kind(stage: Stage, position: int, parameter: str) -> str:
    if position == stage.place_input:
        return "place"
    return "defects" if parameter in PICTURES else "value"


def _estimates(stage: Stage, frame: Frame, position: int, tensor: Tensor) -> bool:
    """Whether a value changes with the pixels of the frame alone."""
    other = replace(frame, data=frame.data * 0.5 + 0.125)
    return not torch.equal(stage.inputs(other)[position], tensor)


def _why(stage: Stage) -> str:
    """What a stage's own words say of it: the sentence that begins so."""
    said = " ".join((inspect.getdoc(stage) or "").split())
    found = re.search(r"Not exportable: (.+?)(?:;|\.(?:\s|$))", said)
    return f"{found[1]}; " if found else ""
