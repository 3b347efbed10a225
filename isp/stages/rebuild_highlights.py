"""Highlights rebuilt: a clipped colour follows the unclipped ones and the colours around."""

import torch
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


def rebuild_highlights(
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    clipped: Float[Tensor, "b 1 h w"],
    level: Float[Tensor, "b 3"],
    cfa: Cfa,
    most: float,
) -> Float[Tensor, "b 1 h w"]:
    """Give saturated photosites the light that their period's other colours speak of.

    mosaic: white-balanced. measured, clipped: 1 or 0.
    level: at which R, G and B saturate, after balancing: the lowest that the lost light was.
    most: how often its level a colour is raised at most, against noise in a faint neighbour.

    Per period of the pattern: the share of each colour in the light is filled in from measured
    periods around. The light is what the colours that did not clip give by their shares; where
    all clipped, the least that could clip them. A saturated photosite then takes share times
    light, and never less than its level. All others stay as they are. A white that is lost in all
    three colours takes a tint of what is around it.

    Source: ours; the ratio of colours as in Zhang and Brainard, JOSA A 21(12), 2004 (there a
    Gaussian prior over the image), spread by push-pull.
    """
    height, width = mosaic.shape[-2:]
    saturated = clipped * (mosaic >= SATURATED * cfa.spread(level, height, width))
    light, known = _colours(mosaic, measured, cfa)  # (b, 3, y, x): mean per colour, 1 where whole
    whole = known.amin(dim=1, keepdim=True)
    shares = _shares(light, whole)
    seen = (light * known).sum(dim=1, keepdim=True)
    speaking = (shares * known).sum(dim=1, keepdim=True)
    some = known.amax(dim=1, keepdim=True)
    total = seen / speaking.clamp(min=TINY)
    least = (level[:, :, None, None] / shares.clamp(min=TINY)).amax(dim=1, keepdim=True)
    total = torch.where(some > 0, total, least)
    rebuilt = shares * total
    lowest = level[:, :, None, None]
    rebuilt = torch.minimum(torch.maximum(rebuilt, lowest), most * lowest)
    return torch.where(saturated > 0, _laid_out(rebuilt, cfa, height, width), mosaic)


def _colours(mosaic: Tensor, measured: Tensor, cfa: Cfa) -> tuple[Tensor, Tensor]:
    """Mean of each colour per period, and 1 where all its photosites were measured."""
    sites = cfa.sites(mosaic.device).flatten()
    planes, whole = cfa.pack(mosaic), cfa.pack(measured)
    means = [planes[:, sites == c].mean(dim=1) for c in range(3)]
    known = [whole[:, sites == c].amin(dim=1) for c in range(3)]
    return torch.stack(means, dim=1), torch.stack(known, dim=1)


def _shares(light: Tensor, whole: Tensor) -> Tensor:
    """Share of each colour in the light of a period, from measured periods around."""
    bright = light.clamp(min=0) * whole
    shares = bright / bright.sum(dim=1, keepdim=True).clamp(min=TINY)
    filled = fill_in(shares, whole).clamp(min=0)
    total = filled.sum(dim=1, keepdim=True)
    return torch.where(total > TINY, filled / total.clamp(min=TINY), 1 / 3)


def _laid_out(colours: Tensor, cfa: Cfa, height: int, width: int) -> Tensor:
    """One value per colour and period at the photosites of that colour."""
    sites = cfa.sites(colours.device).flatten()
    return cfa.unpack(colours[:, sites], height, width)


class RebuildHighlights(Stage):
    """`rebuild_highlights` with the frame's own masks and the white balance that it holds.

    What it rebuilt stays unmeasured and clipped: it is a classical estimate, no measurement, and
    no model's invention either. Light that was lost to the floor, and defects, stay as they are.
    whole_frame: colours come from any distance. Not exportable: its pyramids, see
    `isp.stages.tone.local_laplacian`.
    most: how often its level a colour is raised at most.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    whole_frame = True
    exportable = False

    def __init__(self, cfa: Cfa, most: float = 8.0) -> None:
        super().__init__()
        if not 1 < most <= 1000:
            raise UsageError(f"a clipped colour is raised 1 to 1000 times at most, not {most}")
        self.cfa = cfa
        self.most = most

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
        return rebuild_highlights(mosaic, measured, clipped, level, self.cfa, self.most)

    def settings(self) -> dict[str, float]:
        return {"most": self.most}
