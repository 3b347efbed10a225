"""Where a Bayer mosaic has which colour, and what of a picture rests on which photosites."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.errors import ProfileError


class Sites(NamedTuple):
    """Masks (1, 1, h, w): photosites of each colour, and rows that hold red ones."""

    red: Tensor
    green: Tensor
    blue: Tensor
    red_row: Tensor


def need_bayer(cfa: Cfa, method: str) -> None:
    """Refuse what is not one of the four Bayer phases.

    Raises ProfileError naming the method and the way out.
    """
    if not cfa.is_bayer:
        raise ProfileError(
            f"{method} is made for Bayer patterns, not {cfa.name}; use directional_mmse or bilinear"
        )


def bayer_sites(cfa: Cfa, mosaic: Tensor) -> Sites:
    """The masks for a mosaic of that size, on its device."""
    height, width = mosaic.shape[-2:]
    colours = cfa.sites(mosaic.device)
    rows = (colours == 0).any(dim=1, keepdim=True).expand(2, 2)
    cells = [colours == 0, colours == 1, colours == 2, rows]
    return Sites(*(cfa.spread_sites(c.reshape(1, 4), height, width) for c in cells))


def spread_by_footprint(
    mask: Tensor, cfa: Cfa, halo: int, footprint: Callable[[Tensor, Sites], Tensor]
) -> Tensor:
    """A mask after a demosaic, (b, 3, h, w), of which red, green and blue touch which photosites.

    footprint: from photosites (b, 1, h, w) to what rests on them, (b, 3, h, w).
    halo: how far that reaches; borders are mirrored as the demosaic does.
    """
    height, width = mask.shape[-2:]
    plane = reflect_whole_periods(mask.float(), cfa.period, (halo,) * 4) > 0
    spread = footprint(plane, bayer_sites(cfa.crop(-halo, -halo), plane))
    return spread[..., halo : halo + height, halo : halo + width]
