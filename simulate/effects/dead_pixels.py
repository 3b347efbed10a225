"""Dead pixels: photosites that answer to no light."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, uniform


def alive(
    fraction: float, height: int, width: int, draws: Draws, device: torch.device
) -> Float[Tensor, "1 1 h w"]:
    """0 at dead photosites, 1 elsewhere; a factor on the gain of each photosite.

    draws: fixed draws of the body.
    """
    return (uniform(draws.words(height, width, device)) >= fraction).float()
