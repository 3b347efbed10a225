"""Highlights rebuilt: a clipped colour follows the unclipped ones and the colours around."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.merged_white import saturation_of
from isp.core.stage import Stage
from isp.stages.pyramid import fill_in

SATURATED = 0.5  # of the level: a clipped photosite below it was lost to the floor, not to light
TINY = 1e-6
WHOLE = 1 - 1e-4  # share of a window's weight, less what rounding may take


class _Cells(NamedTuple):
    """Where cells of 2 x 2 photosites lie: frame, row and column of each (n,)."""

    frame: Tensor
    row: Tensor
    column: Tensor


class _Around(NamedTuple):
    """What is around the four photosites of n cells: each colour, 0 where it is not known.

    known: all of it was measured; lost: not all was; neither, where the border cut it off: all
    (n, 4, 3). inside: which photosites there are (n, 4, 1).
    """

    light: Tensor
    known: Tensor
    lost: Tensor
    inside: Tensor


def rebuild_highlights(
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    clipped: Float[Tensor, "b 1 h w"],
    level: Float[Tensor, "b 3"],
    cfa: Cfa,
    most: float,
    white: float,
) -> Float[Tensor, "b 1 h w"]:
    """Give saturated photosites the light that the other colours there speak of.

    mosaic: white-balanced. measured, clipped: 1 or 0.
    level: at which R, G and B saturate, after balancing: the lowest that the lost light was.
    most: how often its level a colour is raised at most, against noise in a faint neighbour.
    white: how far a light that is lost in all three colours goes from the colours around it to
        white, 0 to 1; its brightness stays.

    Every photosite takes each colour from around it, or misses it where one of those photosites
    was not measured. The share of each colour in the light is filled in from places that miss
    none, bright ones first; the light is what the colours that are there give by their shares.
    Places that missed one colour then speak too to those that miss two, and these to those that
    miss all, where the light is the least that could clip them. A saturated photosite takes its
    share of the light, and never less than its level. All others stay as they are.
    Shares are held for cells of 2 x 2, which is what a mosaic knows of a colour. Only cells that
    see something lost look around each of their photosites.

    Source: ours; the ratio of colours as in Zhang and Brainard, JOSA A 21(12), 2004 (there a
    Gaussian prior over the image), spread by push-pull.
    """
    height, width = mosaic.shape[-2:]
    saturated = (clipped > 0) & (mosaic >= SATURATED * cfa.spread(level, height, width))
    if not bool(saturated.any()):
        return mosaic.clone()
    seen = torch.where(measured > 0, mosaic, 0.0)
    light, whole = _around_cells(seen, measured, cfa)
    bright = (light / level[:, :, None, None]).amax(dim=1, keepdim=True).clamp(0.0, 1.0).square()
    weight = torch.where(whole, bright, 0.0)
    shares = light.clamp(min=0) / light.clamp(min=0).sum(dim=1, keepdim=True).clamp(min=TINY)
    even = (0, width % 2, 0, height % 2)
    holds = F.max_pool2d(F.pad(saturated.to(mosaic.dtype), even), 2) > 0
    cells, around = _spoilt(seen, measured, ~whole | holds, cfa)
    lowest = level[cells.frame][:, None]
    found = _rounds(cells, around, lowest, shares, weight, most=most, white=white)
    return _placed(found, cells, saturated, mosaic, level, cfa)


def reach(cfa: Cfa) -> int:
    """Least radius of a window that holds every colour, wherever it lies, at the border too.

    >>> [reach(cfa) for cfa in (Cfa.RGGB, Cfa.XTRANS, Cfa.QUAD_RGGB)]
    [1, 1, 2]
    """
    rows, columns = cfa.period
    of_site = cfa.colour_map(3 * rows, 3 * columns)
    for radius in range(1, max(cfa.period)):
        counts = [F.max_pool2d((of_site == c).float()[None], 2 * radius + 1, 1, radius)
                  for c in range(len(cfa.channels))]  # fmt: skip
        if bool((torch.cat(counts) > 0).all()):
            return radius
    return max(cfa.period)


def _around_cells(seen: Tensor, measured: Tensor, cfa: Cfa) -> tuple[Tensor, Tensor]:
    """Each colour around every cell (b, 3, y, x), and where all of all colours was measured."""
    border = _cell_sums(torch.ones_like(measured[:1]), cfa)
    there = _cell_sums(measured, cfa)
    whole = ((there >= WHOLE * border) & (border > 0)).all(dim=1, keepdim=True)
    return torch.where(whole, _cell_sums(seen, cfa) / there.clamp(min=TINY), 0.0), whole


def _cell_sums(values: Tensor, cfa: Cfa) -> Tensor:
    """Sums of each colour around every cell, weighted by tents: (b, 3, y, x)."""
    height, width = values.shape[-2:]
    radius = reach(cfa)
    # One step of the convolution is a whole period, all cells of which are its channels.
    rows, columns = (math.lcm(2, side) for side in cfa.period)
    windows = values.new_zeros(3, rows // 2, columns // 2, rows + 2 * radius, columns + 2 * radius)
    side = 2 * radius + 2
    for y in range(0, rows, 2):
        for x in range(0, columns, 2):
            own = _site_weights(cfa.crop(y, x), radius).to(values).sum(dim=0)
            windows[:, y // 2, x // 2, y : y + side, x : x + side] = own
    pad = (radius, radius + -width % columns, radius, radius + -height % rows)
    sums = F.conv2d(F.pad(values, pad), windows.flatten(0, 2)[:, None], stride=(rows, columns))
    down, across = sums.shape[-2:]
    cells = sums.reshape(-1, 3, rows // 2, columns // 2, down, across).permute(0, 1, 4, 2, 5, 3)
    cells = cells.reshape(-1, 3, down * rows // 2, across * columns // 2)
    return cells[..., : (height + 1) // 2, : (width + 1) // 2]


def _site_weights(cfa: Cfa, radius: int) -> Tensor:
    """What each photosite of the first cell takes of each colour around it: (4, 3, k, k).

    A tent that ends beyond the radius: linear interpolation of a grid. k: 2 radius + 2, which the
    windows of all four cover.
    """
    side = 2 * radius + 2
    colours = cfa.crop(-radius, -radius).colour_map(side, side)
    away = torch.arange(side) - radius
    tents = [(radius + 1.0 - (away - shift).abs()).clamp(min=0) for shift in (0, 1)]
    both = torch.stack([down[:, None] * across for down in tents for across in tents])
    return both[:, None] * torch.stack([colours == c for c in range(3)])


def _spoilt(seen: Tensor, measured: Tensor, spoilt: Tensor, cfa: Cfa) -> tuple[_Cells, _Around]:
    """Cells that see something lost, and what is around their photosites."""
    height, width = seen.shape[-2:]
    radius = reach(cfa)
    steps = torch.arange(-radius, radius + 2, device=seen.device)
    parts = []
    rows, columns = (math.lcm(2, side) // 2 for side in cfa.period)
    for y, x in ((y, x) for y in range(rows) for x in range(columns)):
        frame, down, right = spoilt[:, 0, y::rows, x::columns].nonzero().unbind(1)
        cells = _Cells(frame, y + rows * down, x + columns * right)
        at_row = (2 * cells.row[:, None] + steps)[:, :, None]
        at_column = (2 * cells.column[:, None] + steps)[:, None]
        inside = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
        taps = frame[:, None, None], 0, at_row.clamp(0, height - 1), at_column.clamp(0, width - 1)
        weights = _site_weights(cfa.crop(2 * y, 2 * x), radius).to(seen).flatten(2).flatten(0, 1).T
        light, there, border = (
            (values * inside).to(seen.dtype).flatten(1).matmul(weights).unflatten(1, (4, 3))
            for values in (seen[taps], measured[taps], inside)
        )
        whole = there >= WHOLE * border
        known = whole & (border > 0)
        own = inside[:, radius : radius + 2, radius : radius + 2].flatten(1)[:, :, None]
        light = torch.where(known, light / there.clamp(min=TINY), 0.0)
        parts.append((*cells, light, known, ~whole, own))
    joined = [torch.cat(each) for each in zip(*parts, strict=True)]
    return _Cells(*joined[:3]), _Around(*joined[3:])


def _rounds(
    cells: _Cells, around: _Around, lowest: Tensor, shares: Tensor, weight: Tensor,
    *, most: float, white: float,
) -> Tensor:  # fmt: skip
    """The light of all colours at the photosites of cells: (n, 4, 3).

    lowest: (n, 1, 3). shares, weight: of all other cells.
    """
    light, known, lost, inside = around
    count = torch.where(inside, known.sum(dim=2, keepdim=True), 4)  # nobody asks one outside
    bright = (light / lowest).amax(dim=2, keepdim=True).clamp(0.0, 1.0).square()
    speaking = torch.where(count == 3, bright, 0.0)
    for there in (2, 1, 0):
        here = count == there
        if not bool(here.any()):
            continue
        share = _between(_spread(light, speaking, cells, shares, weight), cells)
        if there:
            by_known = (light * known).sum(dim=2, keepdim=True)
            by_known = by_known / (share * known).sum(dim=2, keepdim=True).clamp(min=TINY)
            others = share * by_known
        else:
            least = (lowest / share.clamp(min=TINY)).amax(dim=2, keepdim=True)
            others = (share + white * (1 / 3 - share)) * least
        # A guess far below the level that clipped has its other colours from beside the light,
        # not from within it, and tells its neighbours little.
        trust = torch.where(lost, others / lowest, 1.0).clamp(0.0, 1.0).amin(dim=2, keepdim=True)
        guess = torch.minimum(torch.maximum(others, lowest * lost), most * lowest)
        light = torch.where(here & ~known, guess, light)
        speaking = torch.where(here, trust, speaking)
    return light


def _spread(
    light: Tensor, speaking: Tensor, cells: _Cells, shares: Tensor, weight: Tensor
) -> Tensor:
    """Share of each colour in the light of every cell, filled in from those that speak."""
    own = light.clamp(min=0)
    own = own / own.sum(dim=2, keepdim=True).clamp(min=TINY)
    total = speaking.sum(dim=1)
    shares, weight = shares.clone(), weight.clone()
    mean = (own * speaking).sum(dim=1) / total.clamp(min=TINY)
    shares[cells.frame, :, cells.row, cells.column] = mean
    weight[cells.frame, :, cells.row, cells.column] = total / 4
    filled = fill_in(shares, weight).clamp(min=0)
    whole = filled.sum(dim=1, keepdim=True)
    return torch.where(whole > TINY, filled / whole.clamp(min=TINY), 1 / 3)


def _between(shares: Tensor, cells: _Cells) -> Tensor:
    """Shares at the photosites of cells, by linear interpolation between cells: (n, 4, 3)."""
    steps = torch.arange(-1, 2, device=shares.device)
    rows = (cells.row[:, None] + steps).clamp(0, shares.shape[-2] - 1)
    columns = (cells.column[:, None] + steps).clamp(0, shares.shape[-1] - 1)
    near = shares[cells.frame[:, None, None], :, rows[:, :, None], columns[:, None]]
    down = 0.75 * near[:, 1:2] + 0.25 * near[:, ::2]  # (n, 2, 3, 3)
    both = (0.75 * down[:, :, 1:2] + 0.25 * down[:, :, ::2]).flatten(1, 2)
    return both / both.sum(dim=2, keepdim=True)


def _placed(
    light: Tensor, cells: _Cells, saturated: Tensor, mosaic: Tensor, level: Tensor, cfa: Cfa
) -> Tensor:
    """The mosaic with the light of each saturated photosite in its own colour."""
    height, width = mosaic.shape[-2:]
    corner = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]], device=mosaic.device)
    row, column = 2 * cells.row[:, None] + corner[0], 2 * cells.column[:, None] + corner[1]
    frame = cells.frame[:, None].expand(-1, 4)
    sites = cfa.sites(mosaic.device)[row % cfa.period[0], column % cfa.period[1]]
    own = torch.maximum(light, level[cells.frame][:, None]).gather(2, sites[:, :, None])[:, :, 0]
    lit = (row < height) & (column < width)
    lit &= saturated[frame, 0, row.clamp(max=height - 1), column.clamp(max=width - 1)]
    rebuilt = mosaic.clone()
    rebuilt[frame[lit], 0, row[lit], column[lit]] = own[lit]
    return rebuilt


class RebuildHighlights(Stage):
    """`rebuild_highlights` with the frame's own masks and the white balance that it holds.

    What it rebuilt stays unmeasured and clipped: it is a classical estimate, no measurement, and
    no model's invention either. Light that was lost to the floor, and defects, stay as they are.
    whole_frame: colours come from any distance. Not exportable: its pyramids, see
    `isp.stages.tone.local_laplacian`.
    most: how often its level a colour is raised at most. white: how far a light that is lost in
        all colours goes to white, 0 to 1.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    whole_frame = True
    exportable = False

    def __init__(self, cfa: Cfa, most: float = 8.0, white: float = 0.5) -> None:
        super().__init__()
        if not 1 < most <= 1000:
            raise UsageError(f"a clipped colour is raised 1 to 1000 times at most, not {most}")
        if not 0 <= white <= 1:
            raise UsageError(f"lost light goes 0 to 1 of the way to white, not {white}")
        self.cfa, self.most, self.white = cfa, most, white

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        if set(self.cfa.channels) != {"R", "G", "B"}:
            raise FrameError(
                f"highlights are rebuilt from R, G and B, but {self.cfa.name} has "
                f"{', '.join(self.cfa.channels)}; take highlights"
            )
        level = saturation_of(frame)[:, None].expand(-1, 3)
        balance = frame.applied_balance
        level = level if balance is None else level * balance
        return frame.data, frame.measured.float(), frame.clipped.float(), level

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        measured: Float[Tensor, "b 1 h w"],
        clipped: Float[Tensor, "b 1 h w"],
        level: Float[Tensor, "b 3"],
    ) -> Float[Tensor, "b 1 h w"]:
        return rebuild_highlights(mosaic, measured, clipped, level, self.cfa, self.most, self.white)

    def settings(self) -> dict[str, float]:
        return {"most": self.most, "white": self.white}
