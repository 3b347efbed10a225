"""Row noise: one deviation shared by all photosites of a sensor row in one frame."""

from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def row_noise(
    height: int, row_noise_e: Float[Tensor, "#b"], draws: Draws
) -> Float[Tensor, "b 1 h 1"]:
    """N(0, row_noise) electrons for each row of each image, both colours of the row alike.

    row_noise_e: standard deviation per image, e-.

    Source: Wei et al., CVPR 2020 (ELD), section 3.3: the row noise model.
    """
    deviation = normal(draws.per_row(height, row_noise_e.device))
    return row_noise_e.double().reshape(-1, 1, 1, 1) * deviation
