"""Read noise: what the read-out chain adds to every photosite of every frame."""

from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def read_noise(
    electrons: Float[Tensor, "b 1 h w"], read_noise_e: Float[Tensor, "b"], draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Add N(0, read_noise) to each photosite.

    read_noise_e: standard deviation per image, e-.
    """
    height, width = electrons.shape[-2:]
    deviation = normal(draws.words(height, width, electrons.device))
    return electrons + read_noise_e.double().reshape(-1, 1, 1, 1) * deviation
