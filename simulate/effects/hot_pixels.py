"""Hot pixels: a few photosites with far more dark current than the rest."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal, uniform


def hot_current(
    fraction: float, median_e_per_s: float, log_spread: float, height: int, width: int,
    draws: Draws, device: torch.device,
) -> Float[Tensor, "1 1 h w"]:  # fmt: skip
    """Dark current beyond the common one, e-/s: log-normal at a share of the sites, 0 elsewhere.

    median_e_per_s: at the temperature of the profile's dark current. log_spread: standard
        deviation of the natural logarithm.
    draws: fixed draws of the body; block 0 picks the sites, block 1 their current.

    Source: CONVENTIONS section 5.4 (hot pixels are the heavy tail of the dark current).
    """
    hot = uniform(draws.words(height, width, device)) < fraction
    deviation = normal(draws.words(height, width, device, block=1))
    return torch.where(hot, median_e_per_s * torch.exp(log_spread * deviation), 0.0)
