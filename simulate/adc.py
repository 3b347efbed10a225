"""Analog gain, black level and the analog-to-digital converter."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


def convert(
    electrons: Float[Tensor, "b 1 h w"],
    system_gain_dn_per_e: Float[Tensor, "b"],
    black_level_dn: Float[Tensor, "..."],
    bit_depth: int,
) -> Float[Tensor, "b 1 h w"]:
    """Electrons to DN: clip(rint(black + K e), 0, 2^bits - 1), rounding half to even.

    black_level_dn: spread over the mosaic, or anything that broadcasts with it.
    Gradients pass through the rounding, and are 0 where the converter clips.

    Source: EMVA 1288 release 4.0 linear model; rounding by CONVENTIONS section 2.
    """
    gain = system_gain_dn_per_e.to(electrons.dtype).reshape(-1, 1, 1, 1)
    level = black_level_dn.to(electrons.dtype) + gain * electrons
    return torch.clamp(round_through(level), 0, 2**bit_depth - 1).float()


def round_through(values: Tensor) -> Tensor:
    """Round half to even forwards, identity backwards."""
    return _Round.apply(values)  # type: ignore[no-any-return]


class _Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return torch.round(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]
