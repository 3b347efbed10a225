"""An ordered tuple of named stages, read forwards and checked when it is built."""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FullwellError, PipelineError, StageError
from isp.core.frame import Frame
from isp.core.stage import Stage

NamedStage = tuple[str, Stage]


class Tap(NamedTuple):
    """One intermediate frame of a run."""

    name: str
    frame: Frame
    seconds: float


def run_stage(name: str, stage: Stage, frame: Frame) -> Frame:
    """Run a stage under the name that it has in a pipeline.

    Raises StageError naming the stage, its class and the reason where it fails; the error that it
    raised is that one's `__cause__`. What is raised on purpose (FullwellError) goes through.
    """
    try:
        return stage.develop(frame)
    except FullwellError:
        raise
    except (Exception, SystemExit) as error:  # a user's stage may raise anything; name it
        cls = type(stage)
        reason = " ".join(str(error).split()) or "no message"
        raise StageError(
            f'the stage "{name}" ({cls.__module__}.{cls.__qualname__}) failed: '
            f"{type(error).__name__}: {reason}"
        ) from error


class Pipeline:
    """Stages in order. Immutable: `replace`, `insert` and `starting_*` return new pipelines.

    Accepts stages, which keep their own names, or (name, stage) pairs.
    """

    def __init__(self, *stages: Stage | NamedStage) -> None:
        pairs = [s if isinstance(s, tuple) else (s.name, s) for s in stages]
        if not pairs:
            raise PipelineError("a pipeline needs at least one stage")
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PipelineError(f"stage names must differ, but {', '.join(twice)} came twice")
        for (name_1, first), (name_2, second) in pairwise(pairs):
            if first.domain_out is not second.domain_in:
                raise PipelineError(
                    f"{name_1} gives {first.domain_out.name}, "
                    f"but {name_2} after it takes {second.domain_in.name}"
                )
        for name, stage in pairs:
            if stage.domain_out < stage.domain_in:
                raise PipelineError(f"{name} goes back: {stage.domain_in} to {stage.domain_out}")
        self.stages: tuple[NamedStage, ...] = tuple(pairs)

    @property
    def names(self) -> tuple[str, ...]:
        """The stages' names in order."""
        return tuple(name for name, _ in self.stages)

    def __getitem__(self, name: str) -> Stage:
        return self.stages[self._index(name)][1]

    def __len__(self) -> int:
        return len(self.stages)

    def __repr__(self) -> str:
        return f"Pipeline({' -> '.join(self.names)})"

    def develop(self, frame: Frame) -> Frame:
        """Run every stage.

        Raises DomainError when the frame is not in the first stage's domain.
        """
        for tap in self.tap(frame):
            frame = tap.frame
        return frame

    def tap(self, frame: Frame) -> Iterator[Tap]:
        """Run every stage and yield each frame on the way, with the seconds it took."""
        for name, stage in self.stages:
            start = time.perf_counter()
            frame = run_stage(name, stage, frame)
            if frame.data.is_cuda:
                torch.cuda.synchronize(frame.data.device)
            yield Tap(name, frame, time.perf_counter() - start)

    def replace(self, name: str, stage: Stage) -> "Pipeline":
        """Return a pipeline with another stage under the same name."""
        index = self._index(name)
        return Pipeline(*self.stages[:index], (name, stage), *self.stages[index + 1 :])

    def insert(
        self, stage: Stage | NamedStage, *, before: str | None = None, after: str | None = None
    ) -> "Pipeline":
        """Return a pipeline with a stage added before or after a named one.

        Raises PipelineError unless exactly one of `before` and `after` is given.
        """
        if before is not None and after is None:
            index = self._index(before)
        elif after is not None and before is None:
            index = self._index(after) + 1
        else:
            raise PipelineError("a stage is inserted before one stage or after one, not both")
        return Pipeline(*self.stages[:index], stage, *self.stages[index:])

    def starting_at(self, domain: Domain) -> "Pipeline":
        """Return the part that takes a frame of this domain: a camera RGB file skips the mosaic.

        Raises DomainError when no stage takes the domain.
        """
        for index, (_, stage) in enumerate(self.stages):
            if stage.domain_in is domain:
                return Pipeline(*self.stages[index:])
        raise DomainError(f"no stage of {self} takes {domain.name}")

    def starting_after(self, name: str) -> "Pipeline":
        """Return the part behind a stage, which goes on with the frame that the stage gave.

        Raises PipelineError when no stage has the name, or none is behind it.
        """
        return Pipeline(*self.stages[self._index(name) + 1 :])

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise PipelineError(f'no stage is named "{name}"; stages: {", ".join(self.names)}')
        return self.names.index(name)
