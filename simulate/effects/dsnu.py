"""Dark-signal non-uniformity: each photosite's own offset, belonging to the body."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws
from simulate.effects.prnu import correlated


def dsnu(
    dsnu_e: float, column_share: float, height: int, width: int, draws: Draws,
    column_draws: Draws, device: torch.device,
) -> Float[Tensor, "1 1 h w"]:  # fmt: skip
    """Fixed offset of each photosite, N(0, dsnu) electrons (EMVA 1288 4.0, DSNU).

    dsnu_e: standard deviation of the whole map, e-.
    column_share: share of the variance that the photosites of a column have in common.
    draws, column_draws: fixed draws of the body.
    """
    return dsnu_e * correlated(column_share, height, width, draws, column_draws, device)
