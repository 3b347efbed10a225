"""What an output asks of a development: checked, and settled, before any file is read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps.chosen_recipe import Choices
from apps.ending import Ending, ToneNames, ending
from isp.core.display_light import HDR_TRANSFERS
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.light import white_of
from isp.files.save import (
    CODED,
    GAIN_MAP,
    LIGHT_SUFFIXES,
    PICTURE_SUFFIXES,
    Delivery,
    check_delivery,
    check_ending,
)


def settled(
    choices: Mapping[str, Any], asked: Delivery, output: Path, *, dumps: bool = False
) -> dict[str, Any]:
    """The choices that an output makes, once name, delivery and recipe are known to go together.

    What ends in linear light and what ends in codes is the output's matter: an EXR, HDR, AVIF,
    HEIC or JPEG XL takes light, and a PNG that is to be PQ or HLG.
    dumps: whether every frame on the way is wanted.

    Raises UsageError for what cannot become that file, FileError for a recipe that is none.
    """
    suffix = output.suffix.lower()
    known = dict.fromkeys((*PICTURE_SUFFIXES, *LIGHT_SUFFIXES, ".dng"))
    if suffix not in known:
        raise UsageError(f"{output}: a picture is written as {', '.join(known)}")
    in_runs = choices.get("fast") or choices.get("tile")
    if in_runs and (dumps or asked.hdr == GAIN_MAP):
        raise UsageError("--fast and --tile keep no frames: not with --dump or a gain map")
    check_delivery(output, asked)
    if suffix == ".dng":
        return _choices_of_dng(dict(choices))
    takes_light = suffix in LIGHT_SUFFIXES or asked.hdr in HDR_TRANSFERS
    chosen = {"crop": True} | dict(choices)
    if chosen.get("preset") is None:
        chosen["preset"] = "hdr_linear" if takes_light else "srgb"
    chosen["codes"] = not takes_light
    if asked.space is not None and not takes_light:
        space = ("encode", "space", asked.space)
        chosen["settings"] = (*chosen.get("settings", ()), space)
    last: Ending = ending(Choices(**chosen))
    if last.domain is not None:
        check_ending(output, asked, last.domain, last.transfer)
    return chosen


def _choices_of_dng(choices: dict[str, Any]) -> dict[str, Any]:
    """What is asked of a development that ends in a DNG.

    Raises UsageError for what only a picture has.
    """
    if choices.get("linear"):
        raise UsageError("--linear ends behind the colour matrix; a DNG holds the camera's colours")
    preset = choices.get("preset") or "hdr_linear"
    return choices | {"preset": preset, "camera": True, "crop": False}


def white_said(written: Frame, asked: Delivery, output: Path) -> float | None:
    """The luminance that a file says of linear 1.0, taken by default or not; None for none."""
    suffix = output.suffix.lower()
    if written.domain not in (Domain.LINEAR, Domain.HDR):
        return None
    if suffix in CODED or (suffix == ".png" and asked.hdr != GAIN_MAP):
        return white_of(written, asked.white_cd_m2)
    return asked.white_cd_m2 if suffix == ".exr" else None


def light_before_tone(frame: Frame, tones: ToneNames, after: str | None) -> None:
    """Check that the light of a gain map can still be had of the frame to go on from.

    after: the step that gave it.

    Raises UsageError for a frame that has been through a tone curve.
    """
    done = tones.before(after)
    if done or frame.domain > Domain.LINEAR:
        by = f" ({', '.join(done)})" if done else ""
        raise UsageError(
            "a gain map needs the light before the tone curve, but the frame has been through "
            f"it{by}; go on from an earlier frame"
        )
