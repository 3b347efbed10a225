"""Develop a raw file or frame: choose a recipe, slot stages in, run it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apps.delivering import DEFAULT_CROP, camera_part, delivered
from apps.lost_light import SATURATED_TO_WHITE, saturated_to_white
from apps.presets import preset, with_demosaic
from apps.recipes import (
    DEMOSAICS,
    HIGHLIGHTS,
    TONES,
    Recipe,
    Step,
    read_recipe,
)
from apps.slots import own_names, slot_in
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import NOT_FINITE, Frame
from isp.core.pipeline import Pipeline, Tap
from isp.core.tiles import tiled
from isp.files.orientation import upright_size
from isp.stages.opcodes import OpcodesCamera, OpcodesMosaic, opcodes_owed
from isp.stages.white_balance import ESTIMATORS

Watch = Callable[[Tap], None]

ESTIMATED = {m: m.replace("_", "-") for m in (*ESTIMATORS, "planckian")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a user may ask of a development; None leaves it to the preset or recipe.

    wb: `as_shot`, an estimator, a temperature (`5200K,+0.003`) or three gains.
    exposure: stops, `auto` or `highlights`. highlights: `cut` or `rebuild`.
    linear: end in linear light after the colour matrix; with `codes`, as 0..1 for a 16-bit file.
    camera: end in the camera's colours, after the demosaic, as a DNG holds them.
    crop: cut the picture to the file's DefaultCrop at the end, as the command does.
    fast: the stages around `gbtf_root` or `malvar2004` of a Bayer mosaic in one compiled pass,
        codes within 1 of theirs.
    tile: side in pixels of the tiles that runs of stages go through one by one, in memory that
        does not grow with the frame; the same bits. None takes whole frames.
    lut: a .cube file, applied to the display's codes after `encode`, as the step `look`.
    settings: (stage, parameter, value); the parameters `bits` and `headroom` round a stage's
        output, see `Quantised`. slots: `[before:|after:]NAME=SPEC`.
    after: go on behind this step, with a frame that it gave.
    """

    preset: str = "srgb"
    recipe: Path | None = None
    demosaic: str | None = None
    tone: str | None = None
    wb: str | tuple[float, float, float] | None = None
    exposure: float | str | None = None
    highlights: str | None = None
    lut: Path | None = None
    linear: bool = False
    codes: bool = False
    camera: bool = False
    crop: bool = False
    fast: bool = False
    tile: int | None = None
    settings: Sequence[tuple[str, str, Any]] = field(default_factory=tuple)
    slots: Sequence[str] = field(default_factory=tuple)
    after: str | None = None


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
    theirs: dict[str, dict[str, Any]] = {}
    for stage, parameter, value in _settings_of_slots(recipe, choices):
        theirs.setdefault(stage, {})[parameter] = value
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
    late |= {stage for stage, _, _ in choices.settings}
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


def recipe_for(cfa: Cfa, choices: Choices) -> Recipe:
    """Return the recipe that the choices make, before a user's own stages are slotted in."""
    recipe = read_recipe(choices.recipe) if choices.recipe else preset(choices.preset, cfa)
    if choices.linear and not choices.recipe:
        # Sensor white stays at 1, whatever brightness the file asks of a picture.
        recipe = preset("hdr_linear", cfa).set("exposure", baseline=False)
    elif choices.linear:
        recipe = recipe.until("colour_matrix")
    if choices.linear and choices.codes:
        recipe = recipe.then(Step(name="encode", stage="encode", settings={"transfer": "linear"}))
    if choices.camera:
        recipe = camera_part(recipe)
    if choices.demosaic is not None:
        name = _one_of("demosaic", choices.demosaic, DEMOSAICS)
        recipe = recipe.choose("demosaic", name) if choices.recipe else with_demosaic(recipe, name)
    if choices.highlights is not None:
        name = _one_of("treatment of highlights", choices.highlights, tuple(HIGHLIGHTS))
        recipe = recipe.choose("highlights", HIGHLIGHTS[name])
    if choices.tone is not None:
        if choices.linear:
            raise UsageError("--linear ends before the tone curve; leave --tone out")
        name = _one_of("tone", choices.tone, TONES)
        if "tone" not in [step.name for step in recipe.steps]:
            raise UsageError(
                "this output takes linear light, and its recipe has no tone curve; leave --tone "
                "out, or take --preset srgb for a picture of codes"
            )
        recipe = recipe.choose("tone", name)
    if choices.wb is not None:
        recipe = recipe.set("white_balance", gains=choices.wb)
    if choices.exposure is not None:
        recipe = recipe.set("exposure", ev=choices.exposure)
    if choices.lut is not None:
        recipe = _with_look(recipe, choices)
    theirs = _settings_of_slots(recipe, choices)
    for stage, parameter, value in choices.settings:
        if (stage, parameter, value) not in theirs:
            recipe = recipe.set(stage, **{parameter: value})
    _refuse_headroom_alone(recipe, choices)
    missing = [slot for slot in recipe.slots if slot not in choices.slots]
    if missing:
        raise UsageError(
            f"the recipe was made with --stage '{missing[0]}', and runs no code of its own; pass "
            "that option too"
        )
    return replace(recipe, slots=tuple(choices.slots))


def _settings_of_slots(recipe: Recipe, choices: Choices) -> list[tuple[str, str, Any]]:
    """Settings of users' own stages: those that replace a step, or that no step is named like."""
    if not choices.slots:
        return []
    ours = {step.name for step in recipe.steps} - own_names(choices.slots)
    return [setting for setting in choices.settings if setting[0] not in ours]


def _refuse_headroom_alone(recipe: Recipe, choices: Choices) -> None:
    asked = {stage for stage, parameter, _ in choices.settings if parameter == "headroom"}
    alone = [s.name for s in recipe.steps if s.name in asked and s.bits is None]
    if alone:
        raise UsageError(
            f"{alone[0]}.headroom says how far the codes of {alone[0]}.bits reach; set bits too"
        )


def _with_look(recipe: Recipe, choices: Choices) -> Recipe:
    """Put the table after `encode`: made for a display's codes, as looks are."""
    if "encode" not in [step.name for step in recipe.steps] or choices.linear:
        raise UsageError(
            "--lut is applied to a display's codes, after encode, but this output takes linear "
            "light; a table for light is the stage lut3d of a recipe"
        )
    return recipe.after(
        "encode", Step(name="look", stage="look", settings={"file": str(choices.lut)})
    )


def automatic(frame: Frame) -> list[str]:
    """What was estimated or cut on the way, one sentence each: nothing automatic is hidden."""
    notes = []
    for name, parameters in frame.history:
        if name == NOT_FINITE:
            notes.append(f"{parameters['values']} DN were no finite numbers: not measured")
        if name == DEFAULT_CROP:
            size = f"{parameters['width']} x {parameters['height']}"
            notes.append(f"cut to the file's default crop, {size} as stored")
        if name == "exposure" and any(parameters.get("baseline_ev", ())):
            stops = ", ".join(f"{ev:+.2f}" for ev in parameters["baseline_ev"])
            notes.append(f"baseline exposure of the file: {stops} EV")
        cut = parameters.get("quantised") or {}
        if cut.get("below") or cut.get("above"):
            notes.append(
                f"{name} in {cut['bits']} bits cut {cut['below']} values below its codes and "
                f"{cut['above']} above"
            )
        if name == "exposure" and parameters.get("automatic"):
            stops = ", ".join(f"{ev:+.2f}" for ev in parameters["ev"])
            notes.append(f"automatic exposure: {stops} EV")
        if name == "white_balance" and parameters.get("method") in ESTIMATED:
            gains = "; ".join(", ".join(f"{g:.4f}" for g in row) for row in parameters["gains"])
            notes.append(f"{ESTIMATED[parameters['method']]} white balance: {gains}")
    return notes


def used_by(frame: Frame, choices: Choices, picture: Frame) -> dict[str, dict[str, Any]]:
    """By step, what its stage noted when this frame became this picture."""
    unasked = (DEFAULT_CROP, SATURATED_TO_WHITE)  # no steps of the recipe
    noted = [s for s in picture.history[len(frame.history) :] if s[0] not in unasked]
    names = pipeline_for(frame, choices).names
    return {name: notes for name, (_, notes) in zip(names, noted, strict=True)}


def facts_of(picture: Frame, stages: Sequence[str], clips: int) -> dict[str, Any]:
    """What a report says of a finished picture: size, steps, what was cut or estimated.

    The size is the file's: pictures are written upright, DNGs lie as they were stored.
    """
    is_turned = picture.domain >= Domain.LINEAR
    height, width = upright_size(picture.size, picture.shot.orientation if is_turned else 1)
    notes = automatic(picture)
    cut = [f"{clips} values cut to what the format holds"] if clips else []
    summary = f"{width} x {height} {picture.domain.name} through {' -> '.join(stages)}"
    return {
        "width": width,
        "height": height,
        "domain": picture.domain.name,
        "automatic": notes,
        "clipped_values": clips,
        "measured_percent": 100 * float(picture.measured.float().mean()),
        "history": [[name, parameters] for name, parameters in picture.history],
        "summary": "; ".join([summary, *cut, *notes]),
    }


def _one_of(what: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise UsageError(f'no {what} is named "{name}"; known: {", ".join(known)}')
    return name
