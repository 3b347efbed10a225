"""Dark-signal non-uniformity: each photosite's own offset, belonging to the body."""

from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def dsnu(
    electrons: Float[Tensor, "b 1 h w"], dsnu_e: float, draws: Draws
) -> Float[Tensor, "b 1 h w"]:
    """Add N(0, dsnu) electrons of fixed offset (EMVA 1288 4.0, DSNU).

    dsnu_e: standard deviation of the offset map, e-.
    draws: fixed draws of the body.
    """
    if dsnu_e == 0:
        return electrons
    height, width = electrons.shape[-2:]
    return electrons + dsnu_e * normal(draws.words(height, width, electrons.device))
