"""Companding: fewer codes than DN, each code standing for one DN of a rising table."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from isp.core.errors import FrameError


def compand(dn: Float[Tensor, "..."], table: Sequence[int]) -> Float[Tensor, "..."]:
    """DN to the nearest DN that a code stands for: what a companded file gives back.

    RAW frames hold these DN, on the linear scale; only files hold codes. So black level, white
    level and masks mean the same with and without a table.
    table: DN of each code, rising; empty returns the DN as they are. Gradients pass through.

    Source: DNG 1.7.1, LinearizationTable.

    >>> compand(torch.tensor([0.0, 3.0, 6.0, 99.0]), (0, 2, 4, 8)).tolist()
    [0.0, 4.0, 4.0, 8.0]
    """
    if not len(table):
        return dn
    stored = expand(nearest_code(dn.detach(), table), table).to(dn.dtype)
    return dn + (stored - dn).detach() if dn.requires_grad else stored


def nearest_code(dn: Float[Tensor, "..."], table: Sequence[int]) -> Int[Tensor, "..."]:
    """Index of the table's nearest DN; half-way, the even code. Beyond the ends, the end.

    >>> nearest_code(torch.tensor([1.0, 3.0, 6.0, 99.0]), (0, 2, 4, 8)).tolist()
    [0, 2, 2, 3]
    """
    levels = torch.tensor(table, dtype=torch.float64, device=dn.device)
    value = dn.double()
    above = torch.searchsorted(levels, value.contiguous()).clamp(1, max(1, len(table) - 1))
    if len(table) == 1:
        return torch.zeros_like(above)
    down, up = value - levels[above - 1], levels[above] - value
    return torch.where((up < down) | ((up == down) & (above % 2 == 0)), above, above - 1)


def expand(code: Shaped[Tensor, "..."], table: Sequence[int]) -> Float[Tensor, "..."]:
    """Codes to DN; a code beyond the table takes its last entry, as DNG readers do.

    Raises FrameError for a negative code.
    """
    index = code.long()
    if bool((index < 0).any()):
        raise FrameError(f"a code is 0 or above, but {int(index.min())} came")
    levels = torch.tensor(table, dtype=torch.float32, device=code.device)
    return levels[index.clamp(max=len(table) - 1)]
