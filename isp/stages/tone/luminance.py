"""Luminance that tone curves can take the logarithm of."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.luminance import luminance_of

FLOOR, TINY = 2.0**-16, 1e-20


def lit_luminance(
    linear: Float[Tensor, "b 3 h w"],
    weights: Float[Tensor, "b 3"],
    measured: Float[Tensor, "b 1 h w"],
) -> Float[Tensor, "b 1 h w"]:
    """Luminance, at least 16 stops below the brightest measured one, for a logarithm.

    A camera's range ends above that, and what noise took below 0 would be raised without end.

    measured: 1 or 0. Where nothing is measured, all of the picture counts.
    """
    light = luminance_of(linear, weights)
    counts = measured_or_all(measured)
    brightest = torch.where(counts > 0, light, 0.0).amax(dim=(2, 3), keepdim=True)
    return torch.maximum(light, (brightest * FLOOR).clamp(min=TINY))


def measured_or_all(measured: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """The mask, or 1 everywhere in images that have nothing measured."""
    return torch.maximum(measured, 1 - measured.amax(dim=(2, 3), keepdim=True))
