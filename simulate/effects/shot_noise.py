"""Shot noise: the light and the heat free a Poisson number of electrons."""

import math

from jaxtyping import Float
from torch import Tensor

from isp.core.poisson import poisson
from isp.core.poisson_series import LARGEST_RATE
from isp.core.rng import Draws


def largest_rate(full_well_e: float) -> float:
    """Rate above which no draw stays below the well: 1.05 full_well + 12 sqrt(full_well) + 100."""
    return min(1.05 * full_well_e + 12 * math.sqrt(full_well_e) + 100, LARGEST_RATE)


def shot_noise(
    rate: Float[Tensor, "b 1 h w"], draws: Draws, cap_e: float = LARGEST_RATE
) -> Float[Tensor, "b 1 h w"]:
    """Electrons freed in each photosite: exact Poisson.

    rate: mean electrons (photo-electrons and dark signal together), >= 0.
    cap_e: rates above it are lowered to it before the draw.

    Gradients pass through the mean.

    Source: CONVENTIONS section 5.3; Giles, ACM TOMS 42(1), 2016.
    """
    height, width = rate.shape[-2:]
    words = draws.words(height, width, rate.device)
    return poisson(rate.clamp(max=cap_e), words)
