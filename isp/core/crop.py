"""Cutting a picture out of a frame: pixels and masks, with the step noted."""

from dataclasses import replace
from typing import Any

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame


def cropped(
    frame: Frame, top: int, left: int, height: int, width: int, *, name: str = "crop"
) -> Frame:
    """Return the rectangle of a demosaiced frame, in pixels as stored (before any turning).

    Raises DomainError for a mosaic, whose pattern and defects lie where the whole picture has
    them; FrameError for a rectangle that is empty or reaches beyond the picture.

    >>> import torch
    >>> frame = Frame.start(torch.zeros(1, 3, 40, 60), Domain.LINEAR)
    >>> cropped(frame, 2, 4, 36, 50).size
    (36, 50)
    """
    if frame.domain < Domain.CAMERA:
        raise DomainError(f"a picture is cut after the demosaic, not in {frame.domain.name}")
    whole = frame.size
    inside = min(top, left) >= 0 and top + height <= whole[0] and left + width <= whole[1]
    if not inside or min(height, width) < 1:
        raise FrameError(
            f"{width} x {height} from row {top}, column {left} on is no part of a picture of "
            f"{whole[1]} x {whole[0]}"
        )
    rows, columns = slice(top, top + height), slice(left, left + width)
    changes: dict[str, Any] = {
        part: getattr(frame, part)[..., rows, columns]
        for part in ("data", "measured", "clipped", "generated")
    }
    return frame.advance(
        name, {"top": top, "left": left, "height": height, "width": width}, **changes
    )


def sensor_part(frame: Frame, top: int, left: int, height: int, width: int) -> Frame:
    """A rectangle of a frame as if it were all of a smaller sensor: listed defects move along.

    top, left: on the pattern's period, so that it begins like the whole's.
    """
    parts: dict[str, Any] = {
        name: getattr(frame, name)[..., top : top + height, left : left + width].contiguous()
        for name in ("data", "measured", "clipped", "generated")
    }
    if frame.profile is not None:
        inside = tuple(
            replace(d, row=d.row - top, column=d.column - left)
            for d in frame.profile.defects
            if top <= d.row < top + height and left <= d.column < left + width
        )
        parts["profile"] = frame.profile.with_fields(defects=inside)
    return replace(frame, **parts)
