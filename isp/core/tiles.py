"""Developing tile by tile: the same frame, in memory for its ends and one tile."""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, StageError, UsageError
from isp.core.frame import Frame, Step
from isp.core.pipeline import NamedStage, Pipeline, run_stage
from isp.core.stage import Stage, is_picture
from isp.core.window import Window, windows

SIDE = 512
MASKS = {"measured": True, "clipped": False, "generated": False}  # what most pixels are


def tiled(pipeline: Pipeline, side: int = SIDE) -> Pipeline:
    """Return the pipeline with each run of stages that tiles can go through as one stage.

    side: of a tile, pixels; a margin comes around it, as wide as the run reaches. Brought down to
        a multiple of the pattern's period and of the stages' `multiple`.
    A run is named by its first and last stage, as `black_level..encode`. The frame is the same to
    the last bit, masks and history too. Before a stage that `surveys` the frame a run ends; stages
    that are `whole_frame` or not `tileable` stay as they are.

    Raises UsageError for a side below 1.
    """
    if side < 1:
        raise UsageError(f"a tile has a side of at least 1 pixel, not {side}")
    runs: list[list[NamedStage]] = []
    for name, stage in pipeline.stages:
        goes_on = runs and _fits(stage) and not stage.surveys and _fits(runs[-1][-1][1])
        if goes_on:
            runs[-1].append((name, stage))
        else:
            runs.append([(name, stage)])
    stages = [(_name_of(run), TiledRun(run, side)) if _fits(run[0][1]) else run[0] for run in runs]
    return Pipeline(*stages)


def _fits(stage: Stage) -> bool:
    return stage.tileable and not stage.whole_frame


def _name_of(run: Sequence[NamedStage]) -> str:
    return run[0][0] if len(run) == 1 else f"{run[0][0]}..{run[-1][0]}"


class TiledRun(Stage):
    """Stages in a row, through which a frame goes tile by tile; `tiled` makes it.

    Not exportable: it is a loop over tiles; the stages export.
    """

    exportable = False
    whole_frame = True

    def __init__(self, run: Sequence[NamedStage], side: int) -> None:
        super().__init__()
        self.run = tuple(run)
        self.side = side
        stages = [stage for _, stage in run]
        self.domain_in = stages[0].domain_in  # type: ignore[misc]  # the run's own
        self.domain_out = stages[-1].domain_out  # type: ignore[misc]
        self.halo = sum(max(stage.halo, stage.mask_support) for stage in stages)
        self.mask_support = sum(stage.mask_support for stage in stages)
        self.multiple = math.lcm(*(stage.multiple for stage in stages))
        self.aligned = math.lcm(*(stage.aligned for stage in stages))

    @property
    def name(self) -> str:
        return _name_of(self.run)

    def develop(self, frame: Frame) -> Frame:
        """Run the stages on a frame, tile by tile.

        Raises what the stages raise, and StageError for one whose inputs differ between tiles
        though it does not say that it surveys the frame.
        """
        if frame.domain is not self.domain_in:
            raise DomainError(
                f"{self.run[0][0]} takes {self.domain_in.name}, "
                f"but the frame is in {frame.domain.name}"
            )
        run = [(name, stage.settled(frame)) for name, stage in self.run]
        canvas = _Canvas(frame, run)
        with _inputs_watched(run):
            for window in windows(frame.size, self.side, self.halo, self._step(frame)):
                canvas.paint(_developed(_tile_of(frame, window), run), window)
        return canvas.frame()

    def _step(self, frame: Frame) -> int:
        """What tiles are aligned to: every pattern's period, and what the stages ask for."""
        patterns = [getattr(stage, "cfa", None) for _, stage in _stages_in(self.run)]
        if frame.profile is not None and frame.domain < Domain.CAMERA:
            patterns.append(frame.profile.cfa)
        periods = [n for cfa in patterns if cfa is not None for n in cfa.period]
        return math.lcm(self.multiple, self.aligned, *periods)


def _stages_in(run: Sequence[NamedStage]) -> list[NamedStage]:
    """The stages of a run and those inside them, which `Quantised` has."""
    return [(n, s) for n, outer in run for s in outer.modules() if isinstance(s, Stage)]


def _tile_of(frame: Frame, window: Window) -> Frame:
    return replace(
        frame,
        data=window.cut(frame.data).contiguous(),
        measured=window.cut(frame.measured),
        clipped=window.cut(frame.clipped),
        generated=window.cut(frame.generated),
        window=window,
    )


def _developed(tile: Frame, run: Sequence[NamedStage]) -> Frame:
    for name, stage in run:
        tile = run_stage(name, stage, tile)
    return tile


@dataclass(slots=True, eq=False)
class _Canvas:
    """The frame that the tiles make: pictures of its size, and what all tiles say alike.

    example: one pixel of a tile, with the shot and colour that the run leaves.
    """

    source: Frame
    run: Sequence[NamedStage]
    pictures: dict[str, Tensor] = field(default_factory=dict)
    example: Frame | None = None
    history: tuple[Step, ...] = ()

    def paint(self, tile: Frame, window: Window) -> None:
        for name in ("data", *MASKS):
            own = window.own(getattr(tile, name))
            if name not in self.pictures:
                usual = MASKS.get(name)
                # A mask that says what most do everywhere stays one value, which costs nothing.
                if usual is not None and bool((own == usual).all()):
                    continue
                self.pictures[name] = self._empty(own, usual)
            window.own_place(self.pictures[name]).copy_(own)
        steps = tile.history[len(self.source.history) :]
        self.history = steps if self.example is None else self._joined(steps)
        if self.example is None:
            pixels = {n: getattr(tile, n)[..., :1, :1].clone() for n in ("data", *MASKS)}
            self.example = replace(tile, **pixels)  # type: ignore[arg-type]  # tensors, all four

    def _empty(self, like: Tensor, usual: bool | None) -> Tensor:
        shape = (*like.shape[:2], *self.source.size)
        return like.new_empty(shape) if usual is None else like.new_full(shape, usual)

    def _joined(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        joined = []
        for (name, stage), (label, one), (_, other) in zip(
            self.run, self.history, steps, strict=True
        ):
            joined.append((label, _add(name, stage, one, other)))
        return tuple(joined)

    def frame(self) -> Frame:
        if self.example is None:
            raise FrameError("a frame without pixels has no tiles")
        example = self.example
        batch, planes = example.measured.shape[:2]
        shape = (batch, planes, *self.source.size)
        for name, usual in MASKS.items():
            if name not in self.pictures:
                self.pictures[name] = example.measured.new_full((1,), usual).expand(shape)
        return replace(
            example,
            data=self.pictures["data"],
            measured=self.pictures["measured"],
            clipped=self.pictures["clipped"],
            generated=self.pictures["generated"],
            window=self.source.window,
            history=(*self.source.history, *self.history),
        )


def _add(name: str, stage: Stage, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The notes of two tiles as one: counts added, all else the same."""
    if one.keys() != other.keys():
        raise _differs(name, stage, "notes")
    notes: dict[str, Any] = {}
    for key, value in one.items():
        more = other[key]
        if isinstance(value, dict):
            notes[key] = _add(name, stage, value, more)
        elif key not in stage.counts:
            if value != more:
                raise _differs(name, stage, f'note "{key}"')
            notes[key] = value
        elif isinstance(value, list):  # a count for each image
            notes[key] = [a + b for a, b in zip(value, more, strict=True)]
        else:
            notes[key] = value + more
    return notes


def _differs(name: str, stage: Stage, what: str) -> StageError:
    cls = type(stage)
    return StageError(
        f'the {what} of the stage "{name}" ({cls.__module__}.{cls.__qualname__}) differs from tile '
        "to tile: it looks at the whole frame; set surveys = True in its class (or name a count of "
        "pixels in counts), or develop without tiles"
    )


@contextlib.contextmanager
def _inputs_watched(run: Sequence[NamedStage]) -> Iterator[None]:
    """Refuse stages of which an input that is no picture differs between tiles."""
    handles = [
        stage.register_forward_pre_hook(_watch(name, stage)) for name, stage in _stages_in(run)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _watch(name: str, stage: Stage) -> Callable[[Any, tuple[Any, ...]], None]:
    first: dict[int, Tensor] = {}

    def look(_: Any, inputs: tuple[Any, ...]) -> None:
        size = tuple(inputs[0].shape[-2:])
        for index, value in enumerate(inputs):
            if not isinstance(value, Tensor) or is_picture(value, size):
                continue
            if index != stage.place_input and not torch.equal(
                first.setdefault(index, value), value
            ):
                raise _differs(name, stage, f"input {index}")

    return look
