"""Row noise: one deviation shared by all photosites of a sensor row."""

from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def row_noise(
    electrons: Float[Tensor, "b 1 h w"], row_noise_e: Float[Tensor, "b"], draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Add N(0, row_noise) to each row, both colours of the row alike.

    row_noise_e: standard deviation per image, e-.

    Source: Wei et al., CVPR 2020 (ELD), section 3.3: the row noise model.
    """
    deviation = normal(draws.per_row(electrons.shape[-2], electrons.device))  # (b, 1, h, 1)
    return electrons + row_noise_e.double().reshape(-1, 1, 1, 1) * deviation
