"""Photo-response non-uniformity: each photosite's own gain, belonging to the body."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def prnu_gain(
    prnu_percent: float, column_share: float, height: int, width: int, draws: Draws,
    column_draws: Draws, device: torch.device,
) -> Float[Tensor, "1 1 h w"]:  # fmt: skip
    """Gain of each photosite: 1 + N(0, prnu), part of it common to a column (EMVA 1288 4.0, PRNU).

    prnu_percent: standard deviation of the whole map in percent; a gain below 0 is 0.
    column_share: share of the variance that the photosites of a column have in common.
    draws, column_draws: fixed draws of the body.
    """
    deviation = correlated(column_share, height, width, draws, column_draws, device)
    return torch.clamp(1 + prnu_percent / 100 * deviation, min=0).float()


def correlated(
    column_share: float, height: int, width: int, draws: Draws, column_draws: Draws,
    device: torch.device,
) -> Float[Tensor, "1 1 h w"]:  # fmt: skip
    """Standard normal field, white but for a share of its variance that runs down the columns."""
    field = math.sqrt(1 - column_share) * normal(draws.words(height, width, device))
    if column_share == 0:
        return field
    return field + math.sqrt(column_share) * normal(column_draws.per_column(width, device))


def prnu(
    expected: Float[Tensor, "b 1 h w"], gain: Float[Tensor, "1 1 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """Multiply the rate by the photosite's gain, before the photons are drawn.

    expected: mean photo-electrons; float64 keeps the rate chain exact.
    """
    return expected * gain.to(expected.dtype)
