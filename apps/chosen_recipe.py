"""What a user may ask of a development, and the recipe that it makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apps.delivering import camera_part
from apps.presets import preset, with_demosaic
from apps.recipe_files import read_recipe
from apps.recipes import DEMOSAICS, HIGHLIGHTS, TONES, Recipe, Step
from apps.slots import own_names
from isp.core.cfa import Cfa
from isp.core.errors import UsageError

DISPLAY = {"tone", "encode"}  # a preset's steps from light to codes


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
    origin: name of the input; a recipe that was resolved for it says what its values answer.
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
    origin: str | None = None


def recipe_for(cfa: Cfa, choices: Choices) -> Recipe:
    """Return the recipe that the choices make, before a user's own stages are slotted in."""
    recipe = read_recipe(choices.recipe) if choices.recipe else preset(choices.preset, cfa)
    recipe = recipe.applied_to(choices.origin)
    if choices.linear and not choices.recipe:
        # Sensor white stays at 1, whatever brightness the file asks of a picture.
        recipe = _without_display(recipe).set("exposure", baseline=False)
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
    theirs = settings_of_slots(recipe, choices)
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
    own = {stage: dict(settings) for stage, settings in recipe.slot_settings.items()}
    for stage, parameter, value in theirs:
        own.setdefault(stage, {})[parameter] = value
    return replace(recipe, slots=tuple(choices.slots), slot_settings=own)


def _without_display(recipe: Recipe) -> Recipe:
    """A preset without what makes codes of light; the denoiser of `lowlight` stays."""
    for name in DISPLAY & {step.name for step in recipe.steps}:
        recipe = recipe.without(name)
    return recipe


def settings_of_slots(recipe: Recipe, choices: Choices) -> list[tuple[str, str, Any]]:
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


def _one_of(what: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise UsageError(f'no {what} is named "{name}"; known: {", ".join(known)}')
    return name
