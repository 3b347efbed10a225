"""Picture pyramids of a fixed number of levels, and filling in what was not measured."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

LEVELS = 12  # 4096 pixels a side end as one; a larger picture keeps a few at the top
TINY = 1e-12


def reduce(fine: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c y x"]:
    """Half the size, rounded up: 1 3 3 1 along both axes, the border repeated.

    Its samples lie between pairs of the fine ones, where `expand` looks for them.
    """
    channels = fine.shape[1]
    kernel = fine.new_tensor([0.125, 0.375, 0.375, 0.125])
    padded = F.pad(fine, (1, 2, 1, 2), mode="replicate")
    across = kernel.expand(channels, 1, 1, 4)
    wide = F.conv2d(padded, across, stride=(1, 2), groups=channels)
    return F.conv2d(wide, across.transpose(2, 3), stride=(2, 1), groups=channels)


def expand(coarse: Float[Tensor, "b c y x"], like: Float[Tensor, "b k h w"]) -> Tensor:
    """Twice the size by linear interpolation, cut to the height and width of `like`."""
    twice = F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)
    return twice[..., : like.shape[-2], : like.shape[-1]]


def gaussian_pyramid(picture: Float[Tensor, "b c h w"], levels: int = LEVELS) -> list[Tensor]:
    """The picture and `levels` reductions of it."""
    pyramid = [picture]
    for _ in range(levels):
        pyramid.append(reduce(pyramid[-1]))
    return pyramid


def fill_in(
    values: Float[Tensor, "b c h w"], weights: Float[Tensor, "b 1 h w"], levels: int = LEVELS
) -> Float[Tensor, "b c h w"]:
    """Values where the weight is 1; elsewhere what weighted neighbours near and far say.

    weights: 0 to 1; a value of weight 0 has no influence at all. Without any weight: zeros.

    Source: push-pull of Gortler et al., SIGGRAPH 1996, section 3.4, with the kernels of `reduce`
        and `expand`.
    """
    weighted = gaussian_pyramid(values * weights, levels)
    known = gaussian_pyramid(weights, levels)
    total = known[-1].sum(dim=(2, 3), keepdim=True)
    mean = weighted[-1].sum(dim=(2, 3), keepdim=True) / total.clamp(min=TINY)
    filled = mean.expand_as(weighted[-1])
    for level in range(levels, -1, -1):
        share = known[level].clamp(max=1.0)
        own = weighted[level] / share.clamp(min=TINY)
        below = filled if level == levels else expand(filled, weighted[level])
        filled = torch.where(share > TINY, share * own + (1 - share) * below, below)
    return filled
