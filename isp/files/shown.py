"""Read a picture as what it shows: codes as SDR, PQ and HLG as HDR light, linear as SCENE."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from isp.core.colour import Colour
from isp.core.display_light import (
    DISPLAY_SPACES,
    HDR_TRANSFERS,
    REFERENCE_WHITE_CD_M2,
    luminance_cd_m2,
)
from isp.core.domain import Domain
from isp.core.errors import FileError
from isp.core.frame import Frame
from isp.core.transfer import DECODERS
from isp.files.decoded import Decoded
from isp.files.limits import Limits
from isp.files.picture import colour_said, decode_codes, picture_frame, with_masks


def read_shown(path: str | Path, *, limits: Limits | None = None, masks: bool = False) -> Frame:
    """Return a picture as a frame of the domain that its signal belongs to.

    SDR of sRGB, BT.709 and other relative codes, as `read_picture`. HDR of PQ and HLG, by
    `shown_light`. SCENE of linear floats in a JPEG XL; its intensity target is the luminance of
    1.0, where it says one.
    masks: take them from NAME.masks.png beside it.

    Raises FileError naming file and reason, LimitError, MissingError for a HEIC without the extra
    `codecs`.
    """
    path, limits = Path(path), limits or Limits()
    decoded = decode_codes(path, limits)
    if decoded.facts["is_float"] and decoded.facts["container"] == "JPEG XL":
        frame = _scene(path, decoded)
        return with_masks(path, frame, limits) if masks else frame
    frame = picture_frame(path, decoded, masks=masks, limits=limits)
    colour = frame.colour or Colour()
    if colour.transfer not in HDR_TRANSFERS:
        return frame
    if colour.transfer == "hlg" and colour.space != "bt2020":
        raise FileError(path, f"it is HLG in {colour.space}; HLG is defined for bt2020 (BT.2100)")
    return shown_light(frame)


def shown_light(frame: Frame) -> Frame:
    """Return the light that PQ or HLG codes stand for, 1.0 = 203 cd/m2, in the same primaries.

    frame: SDR, its colour's transfer pq or hlg. Of HLG it is what a display of 1000 cd/m2 shows.

    Source: SMPTE ST 2084; ITU-R BT.2100-2 table 5; BT.2408 (reference white).
    """
    colour = frame.colour or Colour()
    relative = DECODERS[colour.transfer](frame.data.double().clamp(0, 1))
    light = luminance_cd_m2(relative, colour.transfer) / REFERENCE_WHITE_CD_M2
    linear = replace(colour, transfer="linear", anchor_cd_m2=REFERENCE_WHITE_CD_M2)
    note = ("shown_light", {"transfer": colour.transfer, "white_cd_m2": REFERENCE_WHITE_CD_M2})
    return replace(
        frame, data=light.float(), domain=Domain.HDR, colour=linear,
        history=(*frame.history, note),
    )  # fmt: skip


def _scene(path: Path, decoded: Decoded) -> Frame:
    facts = decoded.facts
    nan, infinite = facts["nan_values"], facts["infinite_values"]
    if nan or infinite:
        raise FileError(
            path, f"{nan} values are NaN and {infinite} infinite; a scene needs numbers"
        )
    said = facts["cicp"]
    colour = None if said is None else colour_said(path, said)
    if colour is None or colour.transfer != "linear" or colour.space not in DISPLAY_SPACES:
        curve = "a profile of its own" if colour is None else colour.transfer
        raise FileError(path, f"it holds floating-point values with {curve}; only linear is read")
    light = torch.from_numpy(np.ascontiguousarray(decoded.arrays["code"])).permute(2, 0, 1)[None]
    note = {"file": path.name, "container": facts["container"]}
    return Frame.start(
        light.expand(-1, 3, -1, -1).contiguous(),
        Domain.SCENE,
        colour=replace(colour, anchor_cd_m2=facts["intensity_target_cd_m2"]),
        history=(("read_scene", note),),
    )
