"""What is timed of a question, in groups that take turns."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from apps.bench.latency.bundles import is_bundle, openvino_subject
from apps.bench.latency.graphs import graph_subject
from apps.bench.latency.pipelines import FUSED, VARIANTS, Torch, subjects, torch_device
from apps.bench.latency.question import Asked, is_graph
from apps.bench.latency.raw_frames import moved_frames, simulated_frames
from apps.bench.latency.results import WHOLE
from apps.bench.latency.stage_inputs import StageInputs, fits
from apps.bench.latency.timing import Subject
from apps.chosen_recipe import Choices, recipe_for
from apps.developing import pipeline_for
from apps.presets import NAMES
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.profile import load_profile

Advance = Callable[[str], None]


def groups(
    asked: Asked, threads: int, notes: list[str], advance: Advance
) -> Iterator[Iterable[Subject]]:
    """Each group when it is asked for, and each subject of it when that is.

    A size is a group; where the inputs of its stages fill the memory, each of its subjects is one.
    notes: takes what could not be timed, and why.

    Raises UsageError, FileError, MissingError.
    """
    for size in asked.sizes or (None,):
        advance("frames")
        if is_bundle(asked.target):
            if size is not None:
                folder = Path(asked.target)
                yield [openvino_subject(folder, size, asked.iso, asked.precision, threads)]
            continue
        frames = _frames(asked, size)
        if is_graph(asked.target):
            path, pictures = Path(asked.target), [_as_light(frame) for frame in frames]
            yield [graph_subject(path, pictures, asked.provider, asked.precision, threads)]
            continue
        yield from _of_pipeline(asked, frames, threads, notes)


def _of_pipeline(
    asked: Asked, frames: Sequence[Frame], threads: int, notes: list[str]
) -> Iterator[Iterable[Subject]]:
    """All variants in one group, or each subject its own where their inputs fill the memory."""
    choices = (
        Choices(preset=asked.target)
        if asked.target in NAMES
        else Choices(recipe=Path(asked.target))
    )
    pipeline = pipeline_for(frames[0], choices)
    run = Torch(
        device=torch_device(asked.provider), threads=threads,
        sha256=_recipe_hash(frames[0], choices),
    )  # fmt: skip
    given = [frame.to(run.device) for frame in frames]
    keeps = asked.stage == WHOLE or fits(pipeline, given)
    inputs = StageInputs(pipeline, given, keeps=keeps)

    def of_variants() -> Iterator[Subject]:
        for variant in asked.variants or VARIANTS:
            try:
                yield from subjects(pipeline, inputs, VARIANTS[variant], asked.stage, run)
            except UsageError as error:
                if VARIANTS[variant] != FUSED or asked.variants:
                    raise
                notes.append(f"fused: not timed: {error}")

    if keeps:
        yield of_variants()
        return
    height, width = frames[0].size
    notes.append(
        f"{height}x{width}: the stages' inputs do not fit into memory together, so that rows were "
        "timed one after the other, not in turns"
    )
    yield from ([subject] for subject in of_variants())


def _frames(asked: Asked, size: tuple[int, int] | None) -> list[Frame]:
    if asked.input is not None:
        from isp.files.raw import read_raw

        return moved_frames(read_raw(asked.input), size)
    if size is None:
        raise UsageError("--size says how large the simulated frames are, as 12MP or 1080x1920")
    return simulated_frames(load_profile(asked.camera), size, asked.iso)


def _as_light(frame: Frame) -> Any:
    """A raw frame as 0 to 1, which most graphs take."""
    white = frame.need_profile().white_level_dn
    return (frame.data / float(white)).numpy()


def _recipe_hash(frame: Frame, choices: Choices) -> str:
    """Of the recipe and of the weights that its stages use."""
    pipeline = pipeline_for(frame, choices)
    weights = [str(getattr(stage, "weights_sha256", "")) for _, stage in pipeline.stages]
    recipe = recipe_for(frame.need_profile().cfa, choices).as_json()
    return hashlib.sha256(json.dumps([recipe, weights]).encode()).hexdigest()
