"""Highlights rebuilt: a clipped colour follows the unclipped ones and the colours around."""

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
from isp.stages.pyramid import expand, fill_in

SATURATED = 0.5  # of the level: a clipped photosite below it was lost to the floor, not to light
TINY = 1e-6
WHOLE = 1 - 1e-4  # share of a window's weight, less what rounding may take


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

    Source: ours; the ratio of colours as in Zhang and Brainard, JOSA A 21(12), 2004 (there a
    Gaussian prior over the image), spread by push-pull.
    """
    height, width = mosaic.shape[-2:]
    saturated = clipped * (mosaic >= SATURATED * cfa.spread(level, height, width))
    if not bool((saturated > 0).any()):
        return mosaic.clone()
    light, known, missing = _colours(mosaic, measured, cfa)  # (b, 3, h, w), 1 where so
    lowest = level[:, :, None, None]
    count = known.sum(dim=1, keepdim=True)
    bright = (light / lowest).amax(dim=1, keepdim=True).clamp(0.0, 1.0).square()
    weight = torch.where(count == 3, bright, 0.0)
    shares = _shares(light, weight)
    for there in (2, 1):
        here = count == there
        guess, sure = _by_shares(light, known, shares, lowest * missing, most * lowest)
        light = torch.where(here, guess, light)
        weight = torch.where(here, sure, weight)
        shares = _shares(light, weight)
    total = (lowest / shares.clamp(min=TINY)).amax(dim=1, keepdim=True)
    lost = (shares + white * (1 / 3 - shares)) * total
    rebuilt = torch.where(count == 0, torch.minimum(lost, most * lowest), light)
    sites = cfa.colour_map(height, width, mosaic.device).expand(mosaic.shape[0], 1, -1, -1)
    own = torch.maximum(rebuilt, lowest).gather(1, sites)
    return torch.where(saturated > 0, own, mosaic)


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


def _colours(mosaic: Tensor, measured: Tensor, cfa: Cfa) -> tuple[Tensor, Tensor, Tensor]:
    """Each colour around every photosite, where all of it was measured, and where it was not.

    Neither, where the border cut off all photosites of a colour.
    """
    height, width = mosaic.shape[-2:]
    radius, of_site = reach(cfa), cfa.colour_map(height, width, mosaic.device)
    lights, known, lost = [], [], []
    for channel in range(3):
        mine = (of_site == channel).to(mosaic.dtype)[None, None]
        counts = measured * mine
        around, there = _window(mine, radius), _window(counts, radius)
        light = _window(torch.where(counts > 0, mosaic, 0.0), radius)
        whole = there >= WHOLE * around
        known.append((whole & (around > 0)).to(mosaic.dtype))
        lost.append((~whole).to(mosaic.dtype))
        lights.append(light / there.clamp(min=TINY) * known[-1])
    return torch.cat(lights, dim=1), torch.cat(known, dim=1), torch.cat(lost, dim=1)


def _window(values: Tensor, radius: int) -> Tensor:
    """Means weighted by a tent that ends beyond the radius: linear interpolation of a grid."""
    padded = F.pad(values, (radius,) * 4)
    return F.avg_pool2d(F.avg_pool2d(padded, radius + 1, 1), radius + 1, 1)


def _by_shares(
    light: Tensor, known: Tensor, shares: Tensor, lowest: Tensor, highest: Tensor
) -> tuple[Tensor, Tensor]:
    """Colours that are missing by their shares in a light of which others are there, and trust.

    A guess far below the level that clipped has its other colours from beside the light, not from
    within it, and tells its neighbours little.
    """
    seen = (light * known).sum(dim=1, keepdim=True)
    speaking = (shares * known).sum(dim=1, keepdim=True)
    others = shares * (seen / speaking.clamp(min=TINY))
    trust = torch.where(lowest > 0, others / lowest.clamp(min=TINY), 1.0).clamp(0.0, 1.0)
    guess = torch.minimum(torch.maximum(others, lowest), highest)
    return torch.where(known > 0, light, guess), trust.amin(dim=1, keepdim=True)


def _shares(light: Tensor, weight: Tensor) -> Tensor:
    """Share of each colour in the light, filled in from where the weight is above 0.

    Filled in at half the size, which is that of what the mosaic knows of a colour.
    """
    bright = light.clamp(min=0)
    shares = bright / bright.sum(dim=1, keepdim=True).clamp(min=TINY)
    weights = _halved(weight)
    means = _halved(torch.where(weight > 0, shares, 0.0) * weight) / weights.clamp(min=TINY)
    filled = expand(fill_in(means, weights), light).clamp(min=0)
    total = filled.sum(dim=1, keepdim=True)
    return torch.where(total > TINY, filled / total.clamp(min=TINY), 1 / 3)


def _halved(values: Tensor) -> Tensor:
    """Means of 2 x 2, zeros beyond the border."""
    odd = (0, values.shape[-1] % 2, 0, values.shape[-2] % 2)
    return F.avg_pool2d(F.pad(values, odd), 2)


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
