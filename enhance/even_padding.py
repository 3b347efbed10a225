"""Continue a mosaic by its mirror image, a form that exports for every size."""

import torch
from jaxtyping import Shaped
from torch import Tensor


def mirrored(
    mosaic: Shaped[Tensor, "b 1 h w"], dim: int, before: int, step: int
) -> Shaped[Tensor, "b 1 y x"]:
    """Put `before` pixels in front and as many behind as make the size a multiple of `step`.

    Mirrored about the first and the last pixel, which stand once: what stands at an even distance
    from a pixel stays there, so that every photosite keeps its colour. A mosaic that is short is
    mirrored again and again, and of one pixel there is but that one.

    >>> mirrored(torch.tensor([[[[0, 1, 2]]]]), -1, 1, 8).tolist()
    [[[[1, 0, 1, 2, 1, 0, 1, 2]]]]
    """
    size = mosaic.shape[dim]
    # (x + m - 1) // m m: a negated floor division exports wrong.
    total = (size + before + step - 1) // step * step
    place = torch.arange(total, device=mosaic.device) - before
    last = torch.full_like(place, size - 1)
    period = (2 * last).clamp(min=1)
    place = torch.remainder(place, period)
    return mosaic.index_select(dim, torch.minimum(place, 2 * last - place))
