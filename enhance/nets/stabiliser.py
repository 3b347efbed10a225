"""Variance stabiliser without a lost electron: a root above black, a straight line below."""

import torch
from jaxtyping import Float
from torch import Tensor

ANSCOMBE = 3 / 8


def stabilised(
    electrons: Float[Tensor, "b s h w"], dark_variance_e2: Float[Tensor, "b #s 1 1"]
) -> Float[Tensor, "b s h w"]:
    """2 sqrt(z + c) - 2 sqrt(c), c = 3/8 + sigma^2, above 0; z / sqrt(c) below: noise of about 1.

    electrons: z, with the Poisson noise of light and noise of variance sigma^2 in the dark.
    The generalised Anscombe transform ends at -c, where its slope has no end. A network has no
    use for an exact inverse of the mean, but for values that heavy tails throw far below black;
    so the root goes on as its tangent at 0, with which nothing is cut and all can be undone.

    Source: Starck, Murtagh, Bijaoui 1998; Makitalo, Foi, IEEE TIP 22(1), 2013, equation 5, for
    z >= 0.
    """
    constant = dark_variance_e2 + ANSCOMBE
    root = constant.sqrt()
    light = electrons.clamp(min=0.0)
    above = 2 * light / ((light + constant).sqrt() + root)
    return torch.where(electrons > 0, above, electrons / root)


def destabilised(
    stabilised: Float[Tensor, "b s h w"], dark_variance_e2: Float[Tensor, "b #s 1 1"]
) -> Float[Tensor, "b s h w"]:
    """Undo `stabilised` as algebra does, electrons: u^2 / 4 + u sqrt(c) above 0.

    The mean of noisy stabilised values is not the stabilised mean; what a network gives is
    trained after this function, so that it learns to be right here.
    """
    root = (dark_variance_e2 + ANSCOMBE).sqrt()
    light = stabilised.clamp(min=0.0)
    return torch.where(stabilised > 0, light * (light / 4 + root), stabilised * root)
