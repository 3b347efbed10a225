"""Linear light of a frame as files hold it: upright, in named primaries, 1.0 with a luminance."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.display_light import REFERENCE_WHITE_CD_M2, check_white
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.files.orientation import upright

LIGHT = (Domain.SCENE, Domain.LINEAR, Domain.HDR)
HALF_MAX = 65504.0
HALF_OVERFLOWS = 65520.0  # from here on a half becomes infinite


def light_of(
    frame: Frame, space: str, holder: str, domains: Sequence[Domain] = LIGHT
) -> NDArray[np.float64]:
    """Return (h, w, 3) light in the primaries of `space`, upright; nothing is clipped.

    holder: what is to hold it, for the message: `an EXR`.

    Raises DomainError for a frame that is not linear RGB light, FrameError for a batch,
    UsageError for an unknown space.
    """
    if frame.domain not in domains or frame.data.shape[1] != 3:
        names = ", ".join(domain.name.lower() for domain in domains)
        raise DomainError(
            f"{holder} holds linear RGB light ({names}), but the frame is in "
            f"{frame.domain.name.lower()} with {frame.data.shape[1]} channels"
        )
    check_single(frame)
    if space not in PRIMARIES:
        raise UsageError(f'no space is named "{space}"; known: {", ".join(PRIMARIES)}')
    colour = frame.colour or Colour()
    if colour.transfer != "linear":
        raise DomainError(f"{holder} holds linear light, but the frame is {colour.transfer}")
    light = frame.data[0].permute(1, 2, 0).double().cpu().numpy()
    if colour.space != space:
        light = light @ rgb_to_rgb(colour.primaries, PRIMARIES[space]).T
    return upright(light, frame.shot.orientation)


def check_single(frame: Frame) -> None:
    """Refuse a batch.

    Raises FrameError.
    """
    if frame.data.shape[0] != 1:
        raise FrameError(f"a file holds one picture, but the frame is a batch of {len(frame.data)}")


def check_finite(path: str | Path, values: NDArray[np.floating]) -> None:
    """Refuse NaN and infinities.

    Raises FrameError naming the file and how many there are.
    """
    broken = int((~np.isfinite(values)).sum())
    if broken:
        raise FrameError(f"{path}: {broken} values are NaN or infinite; nothing was written")


def halves(
    path: str | Path, light: NDArray[np.float64], *, allow_clip: bool
) -> tuple[NDArray[np.float16], int]:
    """Return light as half floats, and how many values were cut at the ends.

    Raises FrameError for NaN, and for light beyond a half unless `allow_clip`.
    """
    broken = int(np.isnan(light).sum())
    if broken:
        raise FrameError(f"{path}: {broken} values are NaN; nothing was written")
    over = int((np.abs(light) >= HALF_OVERFLOWS).sum())
    if over and not allow_clip:
        raise FrameError(
            f"{path}: {over} values are beyond {HALF_MAX:g}, the largest half float "
            f"(largest: {np.abs(light).max():g}); lower the exposure, or allow_clip in Python"
        )
    return np.clip(light, -HALF_MAX, HALF_MAX).astype(np.float16), over


def white_of(frame: Frame, white_cd_m2: float | None) -> float:
    """Return the luminance of linear 1.0: the one given, else the frame's own, else 203 cd/m2.

    Raises UsageError for a luminance that no display signal holds.
    """
    own = None if frame.colour is None else frame.colour.anchor_cd_m2
    white = white_cd_m2 if white_cd_m2 is not None else own or REFERENCE_WHITE_CD_M2
    check_white(white)
    return white
