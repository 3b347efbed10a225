"""Blooming: electrons that a full well cannot hold spill along its column."""

import torch
from jaxtyping import Float
from torch import Tensor


def bloom(
    electrons: Float[Tensor, "b 1 h w"], wells: Float[Tensor, "..."], fraction: float
) -> Float[Tensor, "b 1 h w"]:
    """Carry the excess of full wells up and down the columns.

    Half of an excess sets out each way. A well on its way takes what it has room for; of what is
    left, `fraction` goes on to the next photosite and the rest is lost to the substrate. Whole
    electrons; the first wells keep their excess, which the clip at the full well takes away.

    wells: capacity, e-; broadcasts. The upward stream fills wells before the downward one.

    The model is ours, after the column-wise spill of interline and frame-transfer sensors.
    """
    wells = wells.to(electrons.dtype).expand_as(electrons)
    excess = (electrons - wells).clamp(min=0)
    setting_out = torch.floor(fraction * excess / 2)
    filled = _stream(electrons, wells, setting_out, fraction, upwards=True)
    return _stream(filled, wells, setting_out, fraction, upwards=False)


def _stream(
    electrons: Tensor, wells: Tensor, setting_out: Tensor, fraction: float, *, upwards: bool
) -> Tensor:
    height = electrons.shape[-2]
    rows = list(electrons.unbind(-2))
    carried = torch.zeros_like(rows[0])
    for y in range(height - 1, -1, -1) if upwards else range(height):
        room = (wells[..., y, :] - rows[y]).clamp(min=0)
        taken = torch.minimum(carried, room)
        rows[y] = rows[y] + taken
        carried = torch.floor(fraction * (carried - taken)) + setting_out[..., y, :]
    return torch.stack(rows, dim=-2)
