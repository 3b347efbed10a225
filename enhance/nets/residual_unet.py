"""Residual blocks, up and down: no norm and no pooling over the frame, so that tiles are exact."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions with a ReLU between, added to what came."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        added: Tensor = self.second(F.relu(self.first(features)))
        return features + added


class ResidualUNet(nn.Module):
    """One block a level on the way down, one on the way up, one at the bottom.

    widths: channels of each level, finest first; each is half as large as the one before.
    Down by 2 x 2 convolutions of stride 2, up by 1 x 1 convolutions and pixel shuffle; what
    goes across is added. Height and width must be multiples of `multiple`.

    rectified: a ReLU after the first convolution too, of which a net of one block has most use.
    halo: pixels around one that its value rests on; what 3 x 3 kernels of all levels reach.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        widths: Sequence[int],
        rectified: bool = False,
    ) -> None:
        super().__init__()
        self.rectified = rectified
        self.intro = nn.Conv2d(channels_in, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList([ResidualBlock(w) for w in widths[:-1]])
        self.downs = nn.ModuleList([nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths)])
        self.bottom = ResidualBlock(widths[-1])
        self.ups = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(b, 4 * a, 1), nn.PixelShuffle(2)) for a, b in pairwise(widths)]
        )
        self.up_blocks = nn.ModuleList([ResidualBlock(w) for w in widths[:-1]])
        self.ending = nn.Conv2d(widths[0], channels_out, 3, padding=1)
        self.multiple = 2 ** (len(widths) - 1)
        self.halo = _halo(len(widths))

    def forward(self, planes: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h w"]:
        features = self.intro(planes)
        if self.rectified:
            features = F.relu(features)
        across = []
        for block, down in zip(self.down_blocks, self.downs, strict=True):
            across.append(block(features))
            features = down(across[-1])
        features = self.bottom(features)
        for block, up, kept in zip(
            reversed(self.up_blocks), reversed(self.ups), reversed(across), strict=True
        ):
            features = block(up(features) + kept)
        ended: Tensor = self.ending(features)
        return ended


def _halo(levels: int) -> int:
    """Ending and intro reach one pixel each, a block two of its level's, of which 2^l make one.

    To come down or up a level may add what is left of a coarse pixel: 2^(l+1) - 1 at most in all.

    >>> _halo(1), _halo(3)
    (4, 28)
    """
    blocks = sum(4 << level for level in range(levels - 1)) + (2 << (levels - 1))
    return 2 + blocks + 2 * ((1 << (levels - 1)) - 1)
