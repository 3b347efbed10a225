"""Photo-response non-uniformity: each photosite's own gain, belonging to the body."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def prnu(
    expected: Float[Tensor, "b 1 h w"], prnu_percent: float, draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Multiply the rate by 1 + N(0, prnu), before the photons are drawn (EMVA 1288 4.0, PRNU).

    expected: mean photo-electrons; float64 keeps the rate chain exact.
    prnu_percent: standard deviation of the gain map in percent; a gain below 0 is 0.
    draws: fixed draws of the body.
    """
    if prnu_percent == 0:
        return expected
    height, width = expected.shape[-2:]
    deviation = normal(draws.words(height, width, expected.device))
    return expected * torch.clamp(1 + prnu_percent / 100 * deviation, min=0)
