"""Highlights: a clipped area takes no colour from the photosites that still had room."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.merged_white import saturation_of
from isp.core.stage import Stage, dilate


def limit_highlights(
    mosaic: Float[Tensor, "b 1 h w"],
    near_clipped: Float[Tensor, "b 1 h w"],
    limit: Float[Tensor, "b"],
) -> Float[Tensor, "b 1 h w"]:
    """Cut clipped areas to the level at which the least amplified colour saturates.

    mosaic: white-balanced; after balancing, colours saturate at different levels, and an
        overexposed white would turn magenta, and would bleed into its neighbours when demosaiced.
    near_clipped: 1 at clipped photosites and at those of other colours beside them.
    limit: lowest of the white-balance gains, which every colour can still reach; of a merged
        mosaic times where its shortest frame saturates.
    Everything else stays as it is, above the limit too.
    """
    level = limit.reshape(-1, 1, 1, 1)
    return torch.where(near_clipped > 0, torch.minimum(mosaic, level), mosaic)


class Highlights(Stage):
    """`limit_highlights` with the frame's own clipped mask and the white balance that it holds."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        self.halo = max(cfa.period) // 2  # within it lies every colour that shares a pixel

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        near_clipped = dilate(frame.clipped, self.halo).float()
        balance = frame.applied_balance
        level = saturation_of(frame)
        return frame.data, near_clipped, level if balance is None else level * balance.amin(dim=1)

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        near_clipped: Float[Tensor, "b 1 h w"],
        limit: Float[Tensor, "b"],
    ) -> Float[Tensor, "b 1 h w"]:
        return limit_highlights(mosaic, near_clipped, limit)

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, list[float]]:
        return {"limit": inputs[2].tolist()}
