"""Luminance of a frame's RGB, as the tone curves take it."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.colour import Colour, rgb_to_xyz

FLOOR, TINY = 2.0**-16, 1e-20


def luminance_weights(colour: Colour, like: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3"]:
    """Contribution of R, G, B to luminance in a colour space, a row for each image of `like`."""
    row = torch.as_tensor(rgb_to_xyz(colour.primaries)[1], dtype=torch.float32, device=like.device)
    return row.expand(like.shape[0], 3)


def luminance_of(
    linear: Float[Tensor, "b 3 h w"], weights: Float[Tensor, "b 3"]
) -> Float[Tensor, "b 1 h w"]:
    """Sum of the channels by their weights."""
    return (linear * weights.reshape(-1, 3, 1, 1)).sum(dim=1, keepdim=True)


def lit_luminance(
    linear: Float[Tensor, "b 3 h w"],
    weights: Float[Tensor, "b 3"],
    measured: Float[Tensor, "b 1 h w"],
) -> Float[Tensor, "b 1 h w"]:
    """Luminance, at least 16 stops below the brightest measured one, for a logarithm.

    A camera's range ends above that, and what noise took below 0 would be raised without end.

    measured: 1 or 0. Where nothing is measured, all of the picture counts.
    """
    luminance = luminance_of(linear, weights)
    counts = measured_or_all(measured)
    brightest = torch.where(counts > 0, luminance, 0.0).amax(dim=(2, 3), keepdim=True)
    return torch.maximum(luminance, (brightest * FLOOR).clamp(min=TINY))


def measured_or_all(measured: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """The mask, or 1 everywhere in images that have nothing measured."""
    return torch.maximum(measured, 1 - measured.amax(dim=(2, 3), keepdim=True))
