"""Column noise: one deviation shared by all photosites of a column in one frame."""

from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def column_noise(
    width: int, column_noise_e: Float[Tensor, "#b"], draws: Draws
) -> Float[Tensor, "b 1 1 w"]:
    """N(0, column_noise) electrons for each column of each image.

    column_noise_e: standard deviation per image, e-.

    Source: EMVA 1288 release 4.0, split of the variance into rows, columns and pixels.
    """
    deviation = normal(draws.per_column(width, column_noise_e.device))
    return column_noise_e.double().reshape(-1, 1, 1, 1) * deviation
