"""The end of a development: cut as the file asks, or written as a DNG of the camera's colours."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.lost_light import lost_to_white
from apps.recipes import Recipe, stage_named
from isp.core.crop import cropped
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame

if TYPE_CHECKING:
    from apps.job import Job

DEFAULT_CROP = "default_crop"  # key of `Shot.tags`, and name of the step


def delivered(picture: Frame) -> Frame:
    """Return the picture as its file wants it shown: a DNG's DefaultCrop, to whole pixels.

    A picture of another size than its file's, and one whose file says nothing, stay whole.

    Raises FrameError for a crop that is no part of the picture.

    Source: DNG 1.7.1, DefaultCropOrigin and DefaultCropSize, relative to the ActiveArea.
    """
    tags = picture.shot.tags
    crop = tags.get(DEFAULT_CROP)
    if crop is None or list(picture.size) != tags.get("size"):
        return picture
    left, top, width, height = (round(float(value)) for value in crop)
    if (top, left, height, width) == (0, 0, *picture.size):
        return picture
    try:
        return cropped(picture, top, left, height, width, name=DEFAULT_CROP)
    except FrameError as error:
        raise FrameError(f"its DefaultCrop: {error}; pass --whole to leave it out") from error


def camera_part(recipe: Recipe) -> Recipe:
    """Return the steps of a recipe that end in what a DNG holds, a mosaic or camera colours.

    Raises UsageError for a recipe that begins behind them.
    """
    steps = []
    for step in recipe.steps:
        stage = stage_named(step.stage)
        if stage is None or stage.domain_out > Domain.CAMERA:
            break
        steps.append(step)
    if not steps:
        raise UsageError("the recipe begins behind the camera's colours, which a DNG holds")
    return replace(recipe, steps=tuple(steps))


def deliver(
    job: "Job", output: Path, picture: Frame, light: Frame, choices: Mapping[str, Any]
) -> tuple[Frame, int, list[str]]:
    """Write a developed picture as its name says.

    Returns the frame that was written, how many values were clipped, and what there is to say.

    light: the last linear light before a tone curve, of which a gain map is made.
    """
    from isp.files.save import GAIN_MAP, write

    delivery = dict(job.delivery)
    if choices.get("camera"):
        compression = delivery.get("compression")
        notes = deliver_dng(output, picture, compression=compression, force=job.force)
        return picture, 0, notes
    written = picture
    if delivery.get("hdr") == GAIN_MAP and picture.domain is Domain.SDR:
        written, delivery["base"] = delivered(light) if choices["crop"] else light, picture
    if picture.domain is Domain.SDR:
        delivery["space"] = None  # the encode stage was told
    depth = depth_of(job.bit_depth, picture, output)
    clips = write(output, written, force=job.force, bit_depth=depth, masks=job.masks, **delivery)
    return written, clips, []


def depth_of(asked: int | None, picture: Frame, output: Path) -> int | None:
    """Bits of the file: linear light needs more than eight."""
    is_linear = picture.colour is not None and picture.colour.transfer == "linear"
    if asked is None and is_linear and output.suffix.lower() == ".png":
        return 16
    return asked


def deliver_dng(
    path: Path, frame: Frame, *, compression: str | None = None, force: bool = False
) -> list[str]:
    """Write a developed mosaic or camera colours as DNG; return what there is to say of it.

    What is lost is white (`lost_to_white`), nothing that was measured is: where measured light
    passes sensor white, the file's white stands for more, and its BaselineExposure makes up for it.

    Raises FrameError, UsageError, OutputError.
    """
    from isp.files.dng import write_dng

    whitened, white = lost_to_white(frame)
    asked = None if white == 1 else white
    write_dng(path, whitened, compression=compression or "none", white=asked, force=force)
    if asked is None:
        return []
    stops = math.log2(white)
    return [f"white stands for {white:.3f} of sensor white, BaselineExposure {stops:+.3f}"]
