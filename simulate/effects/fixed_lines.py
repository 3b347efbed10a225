"""Fixed pattern of rows and columns: offsets, and the gain of each column's amplifier."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def column_offset(
    column_fpn_e: float, width: int, draws: Draws, device: torch.device
) -> Float[Tensor, "1 1 1 w"]:
    """N(0, column_fpn) electrons for each column of the body."""
    return column_fpn_e * normal(draws.per_column(width, device))


def row_offset(
    row_fpn_e: float, height: int, draws: Draws, device: torch.device
) -> Float[Tensor, "1 1 h 1"]:
    """N(0, row_fpn) electrons for each row of the body."""
    return row_fpn_e * normal(draws.per_row(height, device))


def column_gain(
    column_gain_percent: float, width: int, draws: Draws, device: torch.device
) -> Float[Tensor, "1 1 1 w"]:
    """Gain of each column's amplifier: 1 + N(0, column_gain), acting on what is read out."""
    return 1 + column_gain_percent / 100 * normal(draws.per_column(width, device))
