"""A frame as the integer codes of a display signal, with what the signal says about them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.colour import Colour
from isp.core.display_light import (
    HDR_TRANSFERS,
    check_signal,
    luminance_cd_m2,
    relative_light,
)
from isp.core.domain import Domain
from isp.core.errors import DomainError, UsageError
from isp.core.frame import Frame
from isp.core.transfer import DECODERS, ENCODERS
from isp.files.cicp import cicp_of
from isp.files.light import check_finite, check_single, light_of, white_of
from isp.files.orientation import upright

MOST_LEVEL = 65535  # a light level is stored in 16 bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coded:
    """code: (h, w, 3), upright, full range. clips: values that lay outside 0..1."""

    code: NDArray[np.uint8] | NDArray[np.uint16]
    bit_depth: int
    space: str
    transfer: str
    clips: int

    @property
    def cicp(self) -> tuple[int, int, int, int]:
        """Code points of H.273 for these codes as RGB."""
        return cicp_of(self.space, self.transfer)

    @property
    def is_hdr(self) -> bool:
        """Whether the codes stand for luminances."""
        return self.transfer in HDR_TRANSFERS

    def light_levels(self) -> tuple[int, int]:
        """MaxCLL and MaxFALL in cd/m2, rounded, at least 1: 0 would say that nobody knows.

        Of the codes, so of what a display is sent; a pixel's level is its largest channel.

        Source: CTA-861.3-A, annex P.
        """
        unit = torch.from_numpy(self.code.astype(np.float64) / (2**self.bit_depth - 1))
        planes = unit.permute(2, 0, 1)[None]
        level = luminance_cd_m2(DECODERS[self.transfer](planes), self.transfer).amax(dim=1)
        most, average = (round(float(value)) for value in (level.max(), level.mean()))
        return min(max(most, 1), MOST_LEVEL), min(max(average, 1), MOST_LEVEL)


def code_frame(
    path: str | Path,
    frame: Frame,
    bit_depth: int,
    *,
    space: str | None = None,
    transfer: str | None = None,
    white_cd_m2: float | None = None,
) -> Coded:
    """Return a frame's codes: of SDR as they are, of LINEAR and HDR light by a transfer curve.

    space, transfer: what the codes are to be; of an SDR frame None is what it is, and anything
        else is refused. Light becomes bt2020 unless said, and needs a transfer.
    white_cd_m2: luminance of linear 1.0, see `white_of`.

    Rounding is half to even, values outside are clipped and counted.

    Raises DomainError for a frame that has no such codes, FrameError for NaN, infinities and
    batches, UsageError for a signal that no display is told.
    """
    check_single(frame)
    if frame.domain is Domain.SDR:
        if white_cd_m2 is not None:
            raise UsageError(f"{path}: white is of linear light, but the frame is encoded already")
        value, space, transfer = _codes_of_sdr(path, frame, space, transfer)
    elif transfer is None or frame.domain not in (Domain.LINEAR, Domain.HDR):
        raise DomainError(
            f"{path}: a picture is written from sdr, but the frame is in "
            f"{frame.domain.name.lower()}; run tone mapping and encoding first"
            + (", or ask for pq or hlg" if frame.domain >= Domain.LINEAR else "")
        )
    else:
        space = space or "bt2020"
        check_signal(space, transfer)
        light = light_of(frame, space, str(path), (Domain.LINEAR, Domain.HDR))
        check_finite(path, light)
        planes = torch.from_numpy(light).permute(2, 0, 1)[None]
        relative = relative_light(planes, transfer, white_of(frame, white_cd_m2))
        value = relative[0].permute(1, 2, 0).numpy()
    clips = int(((value < 0) | (value > 1)).sum())
    unit = np.clip(value, 0, 1)
    if frame.domain is not Domain.SDR:
        unit = ENCODERS[transfer](torch.from_numpy(unit)).numpy()
    code = np.rint(unit * (2**bit_depth - 1)).astype(np.uint8 if bit_depth == 8 else np.uint16)
    return Coded(code=code, bit_depth=bit_depth, space=space, transfer=transfer, clips=clips)


def _codes_of_sdr(
    path: str | Path, frame: Frame, space: str | None, transfer: str | None
) -> tuple[NDArray[np.float64], str, str]:
    colour = frame.colour or Colour(transfer="srgb")
    if colour.space is None:
        raise DomainError(f"{path}: its primaries have no common name, so no file can signal them")
    own = (colour.space, colour.transfer)
    if (space or own[0], transfer or own[1]) != own:
        raise DomainError(
            f"{path}: {transfer or own[1]} in {space or own[0]} was asked for, but the frame is "
            f"encoded already as {own[1]} in {own[0]}; ask the encode stage for it"
        )
    value = frame.data[0].permute(1, 2, 0).double().cpu().numpy()
    check_finite(path, value)
    return upright(value, frame.shot.orientation), *own
