"""Rectangles around the places of a picture at which something is to be done."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from torch import Tensor
from torch.nn.functional import max_pool2d


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle whose pixels are worked on, and what has to be looked at around it.

    inner: rows and columns, of the picture. outer: the same with the margin, within the picture.
    """

    inner: tuple[slice, slice]
    outer: tuple[slice, slice]

    @property
    def inner_of_outer(self) -> tuple[slice, slice]:
        """Where the inner rectangle lies in a crop to the outer one."""
        return (
            _moved(self.inner[0], -self.outer[0].start),
            _moved(self.inner[1], -self.outer[1].start),
        )


def areas(
    places: Bool[Tensor, "b c h w"], period: tuple[int, int], *, apart: int, margin: int
) -> list[Area]:
    """Rectangles that hold all places of all images, none nearer than `apart` to another's.

    apart, margin: in periods of the mosaic; all edges but the picture's own lie between periods.

    >>> import torch
    >>> lit = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    >>> lit[..., 5, 2] = True
    >>> [area] = areas(lit, (2, 2), apart=1, margin=1)
    >>> area.inner, area.outer
    ((slice(4, 6, None), slice(2, 4, None)), (slice(2, 8, None), slice(0, 6, None)))
    """
    from scipy.ndimage import find_objects, label

    height, width = places.shape[-2:]
    # Two tiles that do not touch are a whole tile apart.
    tile = period[0] * apart, period[1] * apart
    anywhere = places.any(dim=1, keepdim=True).any(dim=0, keepdim=True).float()
    tiles = max_pool2d(anywhere, tile, stride=tile, ceil_mode=True)[0, 0].cpu().numpy() > 0
    found: list[tuple[slice, slice]] = []
    while True:
        groups, _ = label(tiles, structure=np.ones((3, 3)))
        boxes = find_objects(groups)
        filled = np.zeros_like(tiles)
        for box in boxes:
            filled[box] = True
        found = [(rows, columns) for rows, columns in boxes]
        if bool((filled == tiles).all()):
            break
        tiles = filled  # a rectangle may touch another one: those become one
    return [_area(box, tile, period, margin, (height, width)) for box in found]


def _area(
    box: tuple[slice, slice],
    tile: tuple[int, int],
    period: tuple[int, int],
    margin: int,
    size: tuple[int, int],
) -> Area:
    inner = tuple(
        slice(part.start * t, min(part.stop * t, n))
        for part, t, n in zip(box, tile, size, strict=True)
    )
    outer = tuple(
        slice(max(0, part.start - margin * p), min(n, part.stop + margin * p))
        for part, p, n in zip(inner, period, size, strict=True)
    )
    return Area(inner=(inner[0], inner[1]), outer=(outer[0], outer[1]))


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
