"""Sums over neighbours in a row or a column, for demosaics that judge directions."""

from collections.abc import Callable, Iterable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Taps = dict[int, float]  # weight of the neighbour so many photosites further on
Along = Callable[[Tensor, Taps], Tensor]


def horizontal(plane: Float[Tensor, "b c h w"], taps: Taps) -> Float[Tensor, "b c h w"]:
    """Weighted sum of neighbours in the row; beyond the border they are 0."""
    return _weighted(plane, taps, -1)


def vertical(plane: Float[Tensor, "b c h w"], taps: Taps) -> Float[Tensor, "b c h w"]:
    """Weighted sum of neighbours in the column; beyond the border they are 0."""
    return _weighted(plane, taps, -2)


def box(plane: Float[Tensor, "b c h w"], radius: int) -> Float[Tensor, "b c h w"]:
    """Sum over the square of a radius; beyond the border there are zeros."""
    taps = dict.fromkeys(range(-radius, radius + 1), 1.0)
    return vertical(horizontal(plane, taps), taps)


def touched(along: Along, mask: Tensor, offsets: Iterable[int]) -> Tensor:
    """Whether any of those neighbours along an axis is True."""
    return along(mask.float(), dict.fromkeys(offsets, 1.0)) > 0


def chosen(where: Tensor, mask: Tensor, other: Tensor) -> Tensor:
    """`mask` where True, else `other`: torch.where, of masks, for which ONNX Runtime has none."""
    return (where & mask) | (~where & other)


def _weighted(plane: Tensor, taps: Taps, axis: int) -> Tensor:
    # Shifted slices: on one plane a tenth of the time that a convolution takes on a CPU.
    reach = max(abs(offset) for offset in taps)
    size = plane.shape[axis]
    padded = F.pad(plane, (reach, reach) if axis == -1 else (0, 0, reach, reach))
    neighbours = [(padded.narrow(axis, reach + offset, size), taps[offset]) for offset in taps]
    terms = [near if weight == 1 else near * weight for near, weight in neighbours]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
