"""Adaptive residual layer: a new value or the capture corrected, mixed pixel by pixel."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

CHANNELS = 9  # one map, four colours painted anew, four colours' corrections


class Heads(NamedTuple):  # a frozen dataclass cannot be made within a compiled graph
    """What a network says of a picture, 1.0 = white of the reference.

    share: M, 0..1, of the new value. direct: the value painted anew. corrected: the amplified
    capture and what is added to it. Neither is clipped.
    """

    share: Float[Tensor, "b 1 h w"]
    direct: Float[Tensor, "b s h w"]
    corrected: Float[Tensor, "b s h w"]


# No method of `Heads`: a compiled graph cannot call one.
def mixed(heads: Heads, clip_max: float | None) -> Float[Tensor, "b s h w"]:
    """The estimate: M clip(direct) + (1 - M) clip(corrected); None clips at neither end.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), equation 12, with [0, 1] as [0, clip_max].
    """
    direct, corrected = heads.direct, heads.corrected
    if clip_max is not None:
        direct, corrected = direct.clamp(0.0, clip_max), corrected.clamp(0.0, clip_max)
    return heads.share * direct + (1 - heads.share) * corrected


def linear_heads(output: Float[Tensor, "b 9 h w"], amplified: Float[Tensor, "b 4 h w"]) -> Heads:
    """Heads of a network that works in linear light, as the paper's do.

    Source: ExposureDiffusion, equation 12: channel 0 is the map before its sigmoid, 1 to 4 the
    value, 5 to 8 the residual.
    """
    return Heads(
        share=torch.sigmoid(output[:, :1]),
        direct=output[:, 1:5],
        corrected=amplified + output[:, 5:],
    )
