"""Frames as they come to each stage of a pipeline, worked out once for all its variants."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch

from isp.core.frame import Frame
from isp.core.pipeline import Pipeline

MEMORY, LIMIT = Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max")
SHARE = 0.5  # of the memory that is free: the rest is for the stages' own work


class StageInputs:
    """Frames before each stage, by torch eager.

    frames: of the pipeline's first domain. keeps: hold those of every stage, so that stages can
        take turns; else only those asked for last, and the first.
    """

    def __init__(self, pipeline: Pipeline, frames: Sequence[Frame], *, keeps: bool = True) -> None:
        self._stages = [stage for _, stage in pipeline.stages]
        self._before = {0: list(frames)}
        self._keeps = keeps

    def before(self, stage: int) -> list[Frame]:
        """Frames that come to a stage, by its place in the pipeline, 0 first."""
        known = max(place for place in self._before if place <= stage)
        frames = self._before[known]
        for place in range(known, stage):
            with torch.no_grad():
                frames = [self._stages[place].develop(frame) for frame in frames]
            if self._keeps:
                self._before[place + 1] = frames
        if not self._keeps:
            self._before = {0: self._before[0], stage: frames}
        return frames


def held_bytes(pipeline: Pipeline, frames: Sequence[Frame]) -> int:
    """Memory that the inputs of all stages take together."""
    with torch.no_grad():
        each = [bytes_of(frames[0]), *(bytes_of(tap.frame) for tap in pipeline.tap(frames[0]))]
    return len(frames) * sum(each[:-1])


def bytes_of(frame: Frame) -> int:
    """Pixels and the masks of what was measured and clipped, each once."""
    return sum(t.numel() * t.element_size() for t in (frame.data, frame.measured, frame.clipped))


def free_bytes() -> int | None:
    """Memory that this process may still take; None where the system does not tell."""
    try:
        told = re.search(
            r"^MemAvailable:\s+(\d+) kB", MEMORY.read_text(encoding="ascii"), re.MULTILINE
        )
        limit = LIMIT.read_text(encoding="ascii").strip() if LIMIT.exists() else "max"
    except OSError:
        return None
    if told is None:
        return None
    free = 1024 * int(told[1])
    return min(free, int(limit)) if limit.isdigit() else free


def fits(pipeline: Pipeline, frames: Sequence[Frame]) -> bool:
    """Whether the inputs of all stages can be held at once."""
    free = free_bytes()
    return free is not None and held_bytes(pipeline, frames) <= SHARE * free
