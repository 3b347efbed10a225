"""Full well: what a photosite holds, with a soft knee and a spread over the sensor."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal


def well_map(
    full_well_e: float, spread_percent: float, height: int, width: int, draws: Draws,
    device: torch.device,
) -> Float[Tensor, "1 1 h w"]:  # fmt: skip
    """Whole electrons that each photosite holds: full well x (1 + N(0, spread)), at least 1."""
    deviation = normal(draws.words(height, width, device))
    wells = full_well_e * (1 + spread_percent / 100 * deviation)
    return wells.floor().clamp(min=1)


def fill(
    electrons: Float[Tensor, "b 1 h w"], wells: Float[Tensor, "..."], knee: float
) -> Float[Tensor, "b 1 h w"]:
    """Whole electrons held by wells of a capacity, of those that were freed.

    wells: capacity, e-; broadcasts. knee: share of the capacity up to which every electron is
        held; above it the held number approaches the capacity exponentially, with slope 1 at the
        knee. 1 is a hard clip.

    The model of a soft knee is ours: h = k + (W - k) (1 - exp(-(n - k) / (W - k))), k = knee W.
    """
    held = bend(electrons, wells, knee)
    # A hard well of whole electrons holds whole electrons; a bent one is rounded to them.
    return held if knee >= 1 else held + (held.detach().round() - held.detach())


def bend(
    electrons: Float[Tensor, "b 1 h w"], wells: Float[Tensor, "..."], knee: float
) -> Float[Tensor, "b 1 h w"]:
    """As `fill`, of mean electrons: not rounded."""
    wells = wells.to(electrons.dtype)
    if knee >= 1:
        return torch.where(electrons < wells, electrons, wells)  # no gradient where it is full
    start = knee * wells
    room = wells - start
    over = (electrons - start).clamp(min=0)  # below the knee the exponential overflows
    bent = start + room * -torch.expm1(-over / room)
    return torch.where(electrons > start, bent, electrons)
