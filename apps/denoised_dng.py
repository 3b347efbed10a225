"""A denoised mosaic as a DNG: where white lies, how bright it is shown, what noise is left."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from apps.lost_light import ABOVE_MEASURED, NEAR_WHITE
from isp.core.frame import Frame
from isp.files.tiff_tags import RawTag, numbers_of, tag_of

BASELINE_EXPOSURE, NOISE_PROFILE = 50730, 51041
STOP_PARTS = 1_000_000  # denominator of stops: far finer than a code of 16 bits
HALF = 0.5  # of white: what was clipped above it saturated, below it lies on the floor

Pairs = Sequence[tuple[float, float]]


def cut_at_white(picture: Frame) -> tuple[Frame, int]:
    """Cut light at 1, white of the longer exposure; return how many measured values were cut.

    What was cut is lost, and the masks say so.
    """
    above = picture.data > 1
    count = int((above & picture.measured).sum())
    cut = picture.advance(
        "cut_at_white", {"values": count}, data=picture.data.clamp(max=1.0),
        clipped=picture.clipped | above, measured=picture.measured & ~above,
    )  # fmt: skip
    return cut, count


def saturated(mosaic: Frame) -> Bool[Tensor, "b 1 h w"]:
    """Clipped photosites that saturated, of a mosaic that nobody has filled yet.

    The others lie on the converter's floor. Filled from bright neighbours they look no different.
    """
    return mosaic.clipped & (mosaic.data > HALF)


def saturated_at_white(picture: Frame, lost: Bool[Tensor, "b 1 h w"]) -> tuple[Frame, float]:
    """Bring what saturated to one white, above all that did not; return both.

    lost: see `saturated`.
    Other readers know what is lost by the white level alone. It is sensor white, 1, unless the
    denoised light goes higher: nothing is cut.
    """
    kept = picture.data[~lost]
    most = float(kept.max()) if kept.numel() else 0.0
    white = most * ABOVE_MEASURED if most > 1 - NEAR_WHITE else 1.0
    data = torch.where(lost, white, picture.data)
    return picture.advance("to_white", {"white": white}, data=data), white


def shown_brighter(picture: Frame, ratio: float) -> Frame:
    """Add log2(ratio) stops to the brightness that the file asks for (BaselineExposure)."""
    if ratio == 1:
        return picture
    stops = math.log2(ratio)
    records = picture.shot.tags.get("tags", ())
    tags = [tag_of(record) for record in records]
    own = next((numbers_of(tag)[0] for tag in tags if _is(tag, BASELINE_EXPOSURE)), 0.0)
    own = own if math.isfinite(own) else 0.0  # 0/0 asks for nothing
    parts = struct.pack("<2i", round((own + stops) * STOP_PARTS), STOP_PARTS)
    asked = RawTag(ifd="main", code=BASELINE_EXPOSURE, kind=10, count=1, payload=parts)
    kept = [tag for tag in tags if not _is(tag, BASELINE_EXPOSURE)]
    before = picture.shot.baseline_exposure_ev
    shot = replace(
        picture.shot, tags={**picture.shot.tags, "tags": [t.record() for t in (*kept, asked)]},
        baseline_exposure_ev=(0.0 if before is None else before) + picture.data.new_tensor([stops]),
    )  # fmt: skip
    return replace(picture, shot=shot)


def noise_profile(frame: Frame) -> Pairs:
    """Slopes and offsets of the NoiseProfile that a frame's file has; none where it has none."""
    tags = [tag_of(record) for record in frame.shot.tags.get("tags", ())]
    values = next((numbers_of(tag) for tag in tags if _is(tag, NOISE_PROFILE)), ())
    return [(float(s), float(o)) for s, o in zip(values[::2], values[1::2], strict=False)]


def noise_that_is_left(
    before: Pairs, settings: dict[str, Any], left: Mapping[str, float] | None
) -> list[tuple[float, float]]:
    """Slopes and offsets after the denoiser; none where nobody measured what it leaves.

    left: shares of the `shot` and of the `dark` noise's variance that the network leaves on even
        light. Of a mixture with the share s of it, (1 - s)^2 + s^2 left of the variance stays, as
        if what the network leaves were independent of what came. At `ratio` the light and its
        noise have grown: var(r x) = r^2 (S x + O) is r S and r^2 O of the light r x.
    """
    if left is None:
        return []
    share, grown = settings["strength"], settings["ratio"] if settings["scale"] == "ratio" else 1.0
    shot, dark = ((1 - share) ** 2 + share**2 * left[kind] for kind in ("shot", "dark"))
    return [(slope * grown * shot, offset * grown**2 * dark) for slope, offset in before]


def _is(tag: RawTag, code: int) -> bool:
    return tag.ifd == "main" and tag.code == code
