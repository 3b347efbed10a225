"""Shot noise: a well collects a Poisson number of electrons, up to its capacity."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.poisson import poisson
from isp.core.rng import Draws


def collect(
    rate: Float[Tensor, "b 1 h w"], full_well_e: float, draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Electrons collected in a well: exact Poisson, clipped at the full well.

    rate: mean electrons (photo-electrons and dark signal together), >= 0.
    full_well_e: capacity in electrons. Rates far above it are lowered before the draw, to
        1.05 full_well + 12 sqrt(full_well) + 100, where no draw stays below the well: the
        clipped result is unchanged.

    Gradients pass through the mean, and are 0 where the well is full.

    Source: CONVENTIONS section 5.3; Giles, ACM TOMS 42(1), 2016.
    """
    cap = 1.05 * full_well_e + 12 * math.sqrt(full_well_e) + 100
    height, width = rate.shape[-2:]
    words = draws.words(height, width, rate.device)
    electrons = poisson(rate.clamp(max=min(cap, 2.0**24)), words)
    return torch.clamp(electrons, max=float(math.floor(full_well_e)))
