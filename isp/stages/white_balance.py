"""White balance: make a neutral patch read equal in R, G and B."""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage

METHODS = ("as_shot", "grey_world")


def white_balance(
    mosaic: Float[Tensor, "b 1 h w"], gains: Float[Tensor, "b 3"], cfa: Cfa
) -> Float[Tensor, "b 1 h w"]:
    """Multiply each photosite by the gain of the colour in front of it.

    mosaic: linear, black at 0 and sensor white at 1; any height and width.
    gains: R, G, B, dimensionless. Nothing is clipped: a balanced highlight may pass 1, and what
        to do about it is the highlight stage's question.

    Source: DNG 1.7.1, AsShotNeutral (gains are its reciprocals, green = 1).
    """
    height, width = mosaic.shape[-2:]
    return mosaic * cfa.spread(gains, height, width)  # (b, 1, h, w)


def grey_world(
    mosaic: Float[Tensor, "b 1 h w"], measured: Bool[Tensor, "b 1 h w"], cfa: Cfa
) -> Float[Tensor, "b 3"]:
    """Gains that make the means of R, G and B equal, green = 1.

    Estimated on the mosaic's own planes, no demosaicing, over measured photosites; a period that
    holds an unmeasured one counts for no colour, since a highlight that is clipped in one colour
    would pull the balance.

    Raises FrameError when nothing is measured or a colour sees no light.

    Source: Buchsbaum, Journal of the Franklin Institute 310(1), 1980.
    """
    planes = cfa.pack(mosaic).double()  # (b, sites, ceil(h/p), ceil(w/q))
    whole = cfa.pack(measured.float()).amin(dim=1, keepdim=True).double()
    if not bool((whole.sum(dim=(1, 2, 3)) > 0).all()):
        raise FrameError("grey world finds no measured photosites; pass gains with --wb R,G,B")
    site_means = (planes * whole).sum(dim=(2, 3)) / whole.sum(dim=(2, 3))  # (b, sites)
    sites = cfa.sites(mosaic.device).flatten()
    means = torch.stack([site_means[:, sites == c].mean(dim=1) for c in range(3)], dim=1)
    if not bool((means > 0).all()):
        raise FrameError("grey world finds a colour without light; pass gains with --wb R,G,B")
    return (means[:, 1:2] / means).float()


class WhiteBalance(Stage):
    """`white_balance` with the gains of the shot, of grey world, or given ones.

    gains: `as_shot`, `grey_world`, or three multipliers R, G, B.
    The gains that were used become the shot's white balance, from which the colour matrix takes
    the scene's white.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(self, cfa: Cfa, gains: str | tuple[float, float, float] = "as_shot") -> None:
        super().__init__()
        if isinstance(gains, str) and gains not in METHODS:
            raise UsageError(
                f'white balance is {", ".join(METHODS)} or three gains R,G,B, not "{gains}"'
            )
        if not isinstance(gains, str) and (len(gains) != 3 or min(gains) <= 0):
            raise UsageError(f"white balance gains are three positive numbers, not {gains}")
        self.cfa = cfa
        self.gains = gains

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        batch = frame.data.shape[0]
        if isinstance(self.gains, tuple):
            given = frame.data.new_tensor([self.gains]) / self.gains[1]
            return frame.data, given.expand(batch, 3)
        if self.gains == "grey_world":
            return frame.data, grey_world(frame.data, frame.measured, self.cfa)
        if frame.shot.white_balance is None:
            raise FrameError("the file has no as-shot white balance; pass --wb grey_world or R,G,B")
        return frame.data, frame.shot.white_balance

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], gains: Float[Tensor, "b 3"]
    ) -> Float[Tensor, "b 1 h w"]:
        return white_balance(mosaic, gains, self.cfa)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"shot": replace(frame.shot, white_balance=inputs[1])}

    def settings(self) -> dict[str, Any]:
        return {"method": self.gains if isinstance(self.gains, str) else "given"}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"gains": inputs[1].tolist()}
