"""Read noise: what the read-out chain adds to every photosite of every frame."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.readings import SensorNoise
from isp.core.rng import Draws, normal
from simulate.effects.tukey_lambda import tukey_lambda


def read_noise(
    electrons: Float[Tensor, "b 1 h w"], read_noise_e: Float[Tensor, "#b"], draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Add N(0, read_noise) to each photosite.

    read_noise_e: standard deviation per image, e-.
    """
    height, width = electrons.shape[-2:]
    deviation = normal(draws.words(height, width, electrons.device))
    return electrons + read_noise_e.double().reshape(-1, 1, 1, 1) * deviation


def either_read_noise(
    electrons: Float[Tensor, "b 1 h w"], noise: SensorNoise, draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Add Tukey-lambda noise to the images that have its scale, and Gaussian noise to the others.

    Both laws take the same word of a photosite.
    """
    heavy = noise.tukey_lambda_scale_e > 0
    if not bool(heavy.any()):
        return read_noise(electrons, noise.read_noise_e, draws)
    tailed = tukey_lambda(electrons, noise.tukey_lambda_shape, noise.tukey_lambda_scale_e, draws)
    if bool(heavy.all()):
        return tailed
    gaussian = read_noise(electrons, noise.read_noise_e, draws)
    return torch.where(heavy.reshape(-1, 1, 1, 1), tailed, gaussian)
