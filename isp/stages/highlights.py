"""Highlights: a clipped pixel takes no colour from the channels that still had room."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.stage import Stage


def limit_highlights(
    camera: Float[Tensor, "b 3 h w"],
    clipped: Float[Tensor, "b 1 h w"],
    limit: Float[Tensor, "b"],
) -> Float[Tensor, "b 3 h w"]:
    """Cut clipped pixels to the level at which the least amplified channel saturates.

    camera: white-balanced; after balancing, channels saturate at different levels, and an
        overexposed white would turn magenta.
    clipped: 1 where any channel of the pixel rests on a clipped photosite.
    limit: lowest of the white-balance gains, where every channel can still be reached.
    Pixels that are not clipped stay as they are, above the limit too.
    """
    level = limit.reshape(-1, 1, 1, 1)
    return torch.where(clipped > 0, torch.minimum(camera, level), camera)


class Highlights(Stage):
    """`limit_highlights` with the frame's own clipped mask and white balance."""

    domain_in = Domain.CAMERA
    domain_out = Domain.CAMERA

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        clipped = frame.clipped.any(dim=1, keepdim=True).float()
        balance = frame.shot.white_balance
        ones = frame.data.new_ones(frame.data.shape[0])
        return frame.data, clipped, ones if balance is None else balance.amin(dim=1)

    def forward(
        self,
        camera: Float[Tensor, "b 3 h w"],
        clipped: Float[Tensor, "b 1 h w"],
        limit: Float[Tensor, "b"],
    ) -> Float[Tensor, "b 3 h w"]:
        return limit_highlights(camera, clipped, limit)

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, list[float]]:
        return {"limit": inputs[2].tolist()}
