"""Menon, Andriani and Calvagno's demosaicing: filter along both axes, then decide."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.stage import Stage
from isp.stages.demosaic.bayer_sites import Sites, bayer_sites, need_bayer, spread_by_footprint
from isp.stages.demosaic.neighbours import Taps, chosen, horizontal, touched, vertical

BESIDE = {-1: 0.5, 1: 0.5}
ENDS = {-2: 1.0, 2: 1.0}
# Where a row's steps of the colour difference are looked at: (row, column) and weight, in the order
# of reading; for a column's they are turned over.
STEPS = {(-2, -2): 1.0, (-2, 0): 1.0, (-1, -1): 1.0, (0, -2): 3.0, (0, 0): 3.0, (1, -1): 1.0,
         (2, -2): 1.0, (2, 0): 1.0}  # fmt: skip
SMOOTH = {-1: 1 / 3, 0: 1 / 3, 1: 1 / 3}
HALO = 8
# The photosites that decided green can rest on, from row 0 to row 4: the columns 0 to so many.
DECISION = {0: 4, 1: 3, 2: 4, 3: 2, 4: 2}


def demosaic_menon2007(
    mosaic: Float[Tensor, "b 1 h w"], cfa: Cfa, refine: bool = True
) -> Float[Tensor, "b 3 h w"]:
    """Directional filtering with a posteriori decision (DDFAPD).

    Green is interpolated along the row and along the column; the direction in which the difference
    to the photosite's own colour changes less is taken, red and blue follow it, and a low-pass of
    the colour differences along it refines all three. Linear but for the decision. Equal changes
    are taken along the row. Photographs of few bits have many that are equal but for the rounding
    of their sums, so these are taken in colour-demosaicing's order: in double precision the
    decisions are the same.

    mosaic: linear, any size; borders are mirrored without breaking the pattern. Values may
    overshoot and are not clipped. refine: whether to take the last step.

    Raises ProfileError for a pattern that is not one of the four Bayer phases.

    Source: Menon, Andriani, Calvagno, IEEE Trans. Image Processing 16(1), 2007, pages
    132-141: directional filtering, a posteriori decision, refining step.
    """
    need_bayer(cfa, "menon2007")
    height, width = mosaic.shape[-2:]
    padded = reflect_whole_periods(mosaic, cfa.period, (HALO,) * 4)
    sites = bayer_sites(cfa.crop(-HALO, -HALO), padded)
    green, level = _decided_green(padded, sites)
    red, blue = _red_and_blue(padded, green, sites, level)
    if refine:
        red, green, blue = _refined(red, green, blue, sites, level)
    picture = torch.cat([red, green, blue], dim=1)
    return picture[..., HALO : HALO + height, HALO : HALO + width]


def _decided_green(mosaic: Tensor, sites: Sites) -> tuple[Tensor, Bool[Tensor, "b 1 h w"]]:
    """Green everywhere, and where it was interpolated along the row."""
    estimates, changes = [], []
    for along in (horizontal, vertical):
        # Low-pass of the green plus what the photosite's own colour adds at high frequencies.
        detail = 0.5 * mosaic - 0.25 * along(mosaic, ENDS)
        green = torch.where(sites.green, mosaic, along(mosaic, BESIDE) + detail)
        difference = mosaic - green  # 0 at green photosites
        # Between photosites of one colour, on both sides and through the four diagonal ones.
        step = (difference - along(difference, {2: 1.0})).abs()
        changes.append(_change(step, is_row=along is horizontal))
        estimates.append(green)
    level = changes[1] >= changes[0]
    return torch.where(level, estimates[0], estimates[1]), level


def _change(step: Tensor, is_row: bool) -> Tensor:
    """The steps around each photosite, added up in the order of reading."""
    height, width = step.shape[-2:]
    padded = F.pad(step, (2,) * 4)
    taps = STEPS if is_row else {(x, y): STEPS[y, x] for y, x in STEPS}
    total = torch.zeros_like(step)
    for row, column in sorted(taps):
        near = padded[..., 2 + row : 2 + row + height, 2 + column : 2 + column + width]
        weight = taps[row, column]
        total = total + (near if weight == 1 else near * weight)
    return total


def _red_and_blue(
    mosaic: Tensor, green: Tensor, sites: Sites, level: Tensor
) -> tuple[Tensor, Tensor]:
    """Red and blue everywhere."""
    red, blue = (
        torch.where(sites.green, _beside(mosaic - green, green, in_row), mosaic)
        for in_row in (sites.red_row, ~sites.red_row)
    )
    # Until here each plane holds the other colour at its sites.
    apart = red - blue
    opposite = _along(level, apart, BESIDE)
    return (
        torch.where(sites.blue, mosaic + opposite, red),
        torch.where(sites.red, mosaic - opposite, blue),
    )


def _beside(difference: Tensor, green: Tensor, in_row: Tensor) -> Tensor:
    """A colour at green photosites, from the two that have it: left and right, or above, below."""
    return green + _along(in_row, difference, BESIDE)


def _refined(
    red: Tensor, green: Tensor, blue: Tensor, sites: Sites, level: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Low-pass the colour differences along the decided direction."""
    green = torch.where(sites.red, red - _along(level, red - green, SMOOTH), green)
    green = torch.where(sites.blue, blue - _along(level, blue - green, SMOOTH), green)
    red = torch.where(sites.green, _beside(red - green, green, sites.red_row), red)
    blue = torch.where(sites.green, _beside(blue - green, green, ~sites.red_row), blue)
    apart = _along(level, red - blue, SMOOTH)
    return (
        torch.where(sites.blue, blue + apart, red),
        green,
        torch.where(sites.red, red - apart, blue),
    )


def _along(level: Tensor, plane: Tensor, taps: Taps) -> Tensor:
    """Filter along the row where `level`, along the column elsewhere."""
    return torch.where(level, horizontal(plane, taps), vertical(plane, taps))


class MenonDemosaic(Stage):
    """`demosaic_menon2007`; a value is measured when every photosite it can rest on was.

    refine: whether to low-pass the colour differences along the decided direction.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA
    halo = HALO
    mask_support = HALO

    def __init__(self, cfa: Cfa, refine: bool = True) -> None:
        super().__init__()
        need_bayer(cfa, "menon2007")
        self.cfa = cfa
        self.refine = refine

    def forward(self, mosaic: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
        return demosaic_menon2007(mosaic, self.cfa, self.refine)

    def settings(self) -> dict[str, Any]:
        return {"refine": self.refine}

    def spoilt(self, mask: Tensor) -> Tensor:
        def footprint(mask: Tensor, sites: Sites) -> Tensor:
            return torch.cat(_spoilt(mask, sites, self.refine), dim=1)

        return spread_by_footprint(mask, self.cfa, HALO, footprint)


def _spoilt(mask: Tensor, sites: Sites, refine: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Which red, green and blue can rest on a photosite of the mask: the steps above, as sets."""
    decision = mask & False
    for row, reach in DECISION.items():
        wide = touched(horizontal, mask, range(-reach, reach + 1))
        decision = decision | touched(vertical, wide, {row, -row})
    green = chosen(sites.green, mask, decision)
    red, blue = _colours_spoilt(mask, mask, green, sites)
    apart = red | blue
    opposite = decision | apart | _around(apart)
    red, blue = chosen(sites.blue, opposite, red), chosen(sites.red, opposite, blue)
    if not refine:
        return red, green, blue
    apart = chosen(sites.red, red | green | _around(red | green), mask)
    apart = chosen(sites.blue, blue | green | _around(blue | green), apart)
    green = chosen(sites.green, mask, decision | apart)
    red, blue = _colours_spoilt(red, blue, green, sites)
    opposite = decision | red | blue | _around(red | blue)
    return chosen(sites.blue, opposite, red), green, chosen(sites.red, opposite, blue)


def _colours_spoilt(
    red: Tensor, blue: Tensor, green: Tensor, sites: Sites
) -> tuple[Tensor, Tensor]:
    """Red and blue at green photosites, from their two neighbours; elsewhere as they are."""
    found = []
    for colour, in_row in ((red, sites.red_row), (blue, ~sites.red_row)):
        rests = colour | green
        beside = chosen(
            in_row, touched(horizontal, rests, {-1, 1}), touched(vertical, rests, {-1, 1})
        )
        found.append(chosen(sites.green, green | beside, colour))
    return found[0], found[1]


def _around(mask: Tensor) -> Tensor:
    return touched(horizontal, mask, {-1, 1}) | touched(vertical, mask, {-1, 1})
