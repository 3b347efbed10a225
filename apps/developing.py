"""Develop a raw file or frame: choose a recipe, slot stages in, run it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.chosen_recipe import Choices, recipe_for
from apps.delivering import DEFAULT_CROP, delivered
from apps.lost_light import SATURATED_TO_WHITE, saturated_to_white
from apps.slots import slot_in
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline, Tap
from isp.core.stage import snake_case
from isp.core.tiles import tiled
from isp.stages.opcodes import OpcodesCamera, OpcodesMosaic, opcodes_owed

Watch = Callable[[Tap], None]


def develop(source: str | Path | Frame, *, watch: Watch | None = None, **choices: Any) -> Frame:
    """Develop a raw file, or a frame already read, to a picture.

    choices: fields of `Choices` (`preset`, `wb`, `demosaic`, `tone`, `exposure`, `linear`, …).
    watch: called with every intermediate frame; with `fast` or `tile`, a run of stages gives one.

    Raises FileError for a file that cannot be read, UsageError for a choice that does not exist.
    """
    if isinstance(source, Frame):
        frame = source
    else:
        from isp.files.raw import read_raw

        frame = read_raw(source)
    chosen = Choices(**choices)
    if chosen.origin is None and not isinstance(source, Frame):
        chosen = replace(chosen, origin=Path(source).name)
    pipeline = pipeline_for(frame, chosen)
    if chosen.camera:
        frame = saturated_to_white(frame)
    if chosen.tile is not None:
        if chosen.fast:
            raise UsageError("one pass needs no tiles: leave --tile out with --fast")
        pipeline = tiled(pipeline, chosen.tile)
    if chosen.fast:
        from isp.fused.plan import fuse

        pipeline = fuse(pipeline)
    for tap in pipeline.tap(frame):
        frame = tap.frame
        if watch:
            watch(tap)
    return delivered(frame) if chosen.crop else frame


def pipeline_for(frame: Frame, choices: Choices) -> Pipeline:
    """Return the pipeline that the choices make for a frame's sensor, from its domain on."""
    cfa = frame.need_profile().cfa
    recipe = recipe_for(cfa, choices)
    pipeline = recipe.build(cfa)
    theirs = {stage: dict(settings) for stage, settings in recipe.slot_settings.items()}
    for slot in choices.slots:
        pipeline = slot_in(pipeline, slot, cfa, theirs)
    if theirs:
        names = ", ".join(pipeline.names)
        raise UsageError(f'no stage is named "{next(iter(theirs))}"; stages: {names}')
    left = (3,) if choices.camera else ()  # for the DNG's reader, as the file had it
    if choices.after is None:
        if choices.camera and not any(s.domain_in is frame.domain for _, s in pipeline.stages):
            raise UsageError(f"it is in {frame.domain.name} already: nothing is left to develop")
        return with_opcodes(pipeline.starting_at(frame.domain), frame, cfa, left=left)
    pipeline = with_opcodes(pipeline, frame, cfa, done=choices.after, left=left)
    if choices.after not in pipeline.names:
        raise UsageError(
            f'the frame comes from the stage "{choices.after}", which the recipe does not have '
            f"({', '.join(pipeline.names)}); pass the recipe that made it"
        )
    if choices.after == pipeline.names[-1]:
        raise UsageError(f'"{choices.after}" is the last stage: its frame is developed already')
    _refuse_choices_behind(pipeline.names[: pipeline.names.index(choices.after) + 1], choices)
    return pipeline.starting_after(choices.after)


def _refuse_choices_behind(done: Sequence[str], choices: Choices) -> None:
    asked = {
        "demosaic": choices.demosaic, "tone": choices.tone, "highlights": choices.highlights,
        "white_balance": choices.wb, "exposure": choices.exposure, "look": choices.lut,
    }  # fmt: skip
    late = {name for name, value in asked.items() if value is not None}
    named = {stage for stage, _, _ in choices.settings}
    late |= named | {snake_case(stage) for stage in named}  # a class goes by its name too
    behind = [name for name in done if name in late]
    if behind:
        raise UsageError(
            f"the frame has been through {', '.join(behind)} already, so that cannot be chosen any "
            "more; go on from an earlier frame"
        )


def with_opcodes(
    pipeline: Pipeline,
    frame: Frame,
    cfa: Cfa,
    done: str | None = None,
    left: Sequence[int] = (),
) -> Pipeline:
    """Return the pipeline with the stages that carry out what the frame's DNG asks for.

    OpcodeList2 comes first of all that takes the mosaic, OpcodeList3 first of all that takes
    camera colours; a recipe that has these stages itself keeps them where they are.
    done: a stage that the frame has been through, which may be one of these. left: numbers of
        lists that are not to be carried out here.

    Raises UsageError where no stage of the pipeline takes what the list is for.
    """
    for number, stage in ((2, OpcodesMosaic(cfa)), (3, OpcodesCamera(cfa))):
        owed = opcodes_owed(frame, number) and stage.domain_in >= frame.domain
        owed = owed and number not in left
        if not owed and stage.name != done:
            continue
        if any(isinstance(s, type(stage)) for _, s in pipeline.stages):
            continue
        takers = [name for name, s in pipeline.stages if s.domain_in is stage.domain_in]
        if not takers:
            raise UsageError(
                f"the file's OpcodeList{number} is for {stage.domain_in.name}, which no stage of "
                f"{pipeline} takes; add {stage.name} to the recipe"
            )
        pipeline = pipeline.insert(stage, before=takers[0])
    return pipeline


def used_by(frame: Frame, choices: Choices, picture: Frame) -> dict[str, dict[str, Any]]:
    """By step, what its stage noted when this frame became this picture."""
    unasked = (DEFAULT_CROP, SATURATED_TO_WHITE)  # no steps of the recipe
    noted = [s for s in picture.history[len(frame.history) :] if s[0] not in unasked]
    names = pipeline_for(frame, choices).names
    return {name: notes for name, (_, notes) in zip(names, noted, strict=True)}
