"""Develop a raw file or frame: choose a recipe, slot stages in, run it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.presets import preset
from apps.recipes import DEMOSAICS, HIGHLIGHTS, TONES, Recipe, Step, read_recipe
from apps.slots import slot_in
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline, Tap
from isp.stages.white_balance import ESTIMATORS

Watch = Callable[[Tap], None]

ESTIMATED = {m: m.replace("_", "-") for m in (*ESTIMATORS, "planckian")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a user may ask of a development; None leaves it to the preset or recipe.

    wb: `as_shot`, an estimator, a temperature (`5200K,+0.003`) or three gains.
    exposure: stops, `auto` or `highlights`. highlights: `cut` or `rebuild`.
    linear: end in linear light after the colour matrix; with `codes`, as 0..1 for a 16-bit file.
    settings: (stage, parameter, value). slots: `[before:|after:]NAME=SPEC`.
    """

    preset: str = "srgb"
    recipe: Path | None = None
    demosaic: str | None = None
    tone: str | None = None
    wb: str | tuple[float, float, float] | None = None
    exposure: float | str | None = None
    highlights: str | None = None
    linear: bool = False
    codes: bool = False
    settings: Sequence[tuple[str, str, Any]] = field(default_factory=tuple)
    slots: Sequence[str] = field(default_factory=tuple)


def develop(source: str | Path | Frame, *, watch: Watch | None = None, **choices: Any) -> Frame:
    """Develop a raw file, or a frame already read, to a picture.

    choices: fields of `Choices` (`preset`, `wb`, `demosaic`, `tone`, `exposure`, `linear`, …).
    watch: called with every intermediate frame.

    Raises FileError for a file that cannot be read, UsageError for a choice that does not exist.
    """
    if isinstance(source, Frame):
        frame = source
    else:
        from isp.files.raw import read_raw

        frame = read_raw(source)
    chosen = Choices(**choices)
    pipeline = pipeline_for(frame, chosen)
    for tap in pipeline.tap(frame):
        frame = tap.frame
        if watch:
            watch(tap)
    return frame


def pipeline_for(frame: Frame, choices: Choices) -> Pipeline:
    """Return the pipeline that the choices make for a frame's sensor, from its domain on."""
    cfa = frame.need_profile().cfa
    pipeline = recipe_for(cfa, choices).build(cfa)
    for slot in choices.slots:
        pipeline = slot_in(pipeline, slot, cfa)
    return pipeline.starting_at(frame.domain)


def recipe_for(cfa: Cfa, choices: Choices) -> Recipe:
    """Return the recipe that the choices make, before a user's own stages are slotted in."""
    recipe = read_recipe(choices.recipe) if choices.recipe else preset(choices.preset, cfa)
    if choices.linear and not choices.recipe:
        recipe = preset("hdr_linear", cfa)
    elif choices.linear:
        recipe = recipe.until("colour_matrix")
    if choices.linear and choices.codes:
        recipe = recipe.then(Step(name="encode", stage="encode", settings={"transfer": "linear"}))
    if choices.demosaic is not None:
        recipe = recipe.choose("demosaic", _one_of("demosaic", choices.demosaic, DEMOSAICS))
    if choices.highlights is not None:
        name = _one_of("treatment of highlights", choices.highlights, tuple(HIGHLIGHTS))
        recipe = recipe.choose("highlights", HIGHLIGHTS[name])
    if choices.tone is not None:
        if choices.linear:
            raise UsageError("--linear ends before the tone curve; leave --tone out")
        recipe = recipe.choose("tone", _one_of("tone", choices.tone, TONES))
    if choices.wb is not None:
        recipe = recipe.set("white_balance", gains=choices.wb)
    if choices.exposure is not None:
        recipe = recipe.set("exposure", ev=choices.exposure)
    for stage, parameter, value in choices.settings:
        recipe = recipe.set(stage, **{parameter: value})
    return recipe


def automatic(frame: Frame) -> list[str]:
    """What was estimated on the way, one sentence each: nothing automatic is hidden."""
    notes = []
    for name, parameters in frame.history:
        if name == "exposure" and parameters.get("automatic"):
            stops = ", ".join(f"{ev:+.2f}" for ev in parameters["ev"])
            notes.append(f"automatic exposure: {stops} EV")
        if name == "white_balance" and parameters.get("method") in ESTIMATED:
            gains = "; ".join(", ".join(f"{g:.4f}" for g in row) for row in parameters["gains"])
            notes.append(f"{ESTIMATED[parameters['method']]} white balance: {gains}")
    return notes


def _one_of(what: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise UsageError(f'no {what} is named "{name}"; known: {", ".join(known)}')
    return name
