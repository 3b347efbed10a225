"""NAFNet: blocks without activations, whose attention is a mean over the whole frame."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

EPSILON = 1e-6  # of the layer norm


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each pixel, in operators that every exporter knows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        centred = features - features.mean(dim=1, keepdim=True)
        variance = (centred * centred).mean(dim=1, keepdim=True)
        even: Tensor = centred / (variance + EPSILON).sqrt()
        return even * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)


class NafBlock(nn.Module):
    """Depthwise convolution with channel attention, then a feed-forward part; each is added.

    Gates are products of two halves. Both parts come in by factors that begin at 0, so that a new
    block changes nothing.

    Source: Chen, Chu, Zhang, Sun, "Simple Baselines for Image Restoration", ECCV 2022, figure 3c,
    equations 4 (SimpleGate) and 6 (simplified channel attention).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spatial_norm = ChannelNorm(channels)
        self.widen = nn.Conv2d(channels, 2 * channels, 1)
        self.around = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels)
        self.attention = nn.Conv2d(channels, channels, 1)
        self.narrow = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))
        self.channel_norm = ChannelNorm(channels)
        self.feed = nn.Conv2d(channels, 2 * channels, 1)
        self.forth = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        gated = _gated(self.around(self.widen(self.spatial_norm(features))))
        attended = gated * self.attention(gated.mean(dim=(-2, -1), keepdim=True))
        features = features + self.beta * self.narrow(attended)
        fed: Tensor = self.forth(_gated(self.feed(self.channel_norm(features))))
        return features + self.gamma * fed


class NafNet(nn.Module):
    """A U of `NafBlock`s, each level twice as wide as the one before; what goes across is added.

    encoder, decoder: blocks of each level, finest first and finest last. middle: at the bottom.
    Height and width must be multiples of `multiple`.

    halo: what convolutions reach. Attention takes the mean of the whole frame, so that no halo
    makes tiles equal the whole.

    Source: Chen et al., ECCV 2022; sizes of NAFNet-1 and NAFNet-2 from ExposureDiffusion, ICCV
    2023, table 5.
    """

    pools_frame = True

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        encoder: Sequence[int],
        middle: int,
        decoder: Sequence[int],
        width: int = 16,
    ) -> None:
        super().__init__()
        widths = [width << level for level in range(len(encoder))]
        self.intro = nn.Conv2d(channels_in, width, 3, padding=1)
        self.encoders = nn.ModuleList(
            [_blocks(w, count) for w, count in zip(widths, encoder, strict=True)]
        )
        self.downs = nn.ModuleList([nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths])
        self.middle = _blocks(width << len(encoder), middle)
        self.ups = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(2 * w, 4 * w, 1, bias=False), nn.PixelShuffle(2))
                for w in reversed(widths)
            ]
        )
        self.decoders = nn.ModuleList(
            [_blocks(w, count) for w, count in zip(reversed(widths), decoder, strict=True)]
        )
        self.ending = nn.Conv2d(width, channels_out, 3, padding=1)
        self.multiple = 1 << len(encoder)
        self.halo = _reach(encoder, middle, decoder)

    def forward(self, planes: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h w"]:
        features = self.intro(planes)
        across = []
        for blocks, down in zip(self.encoders, self.downs, strict=True):
            across.append(blocks(features))
            features = down(across[-1])
        features = self.middle(features)
        for blocks, up, kept in zip(self.decoders, self.ups, reversed(across), strict=True):
            features = blocks(up(features) + kept)
        ended: Tensor = self.ending(features)
        return ended


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[NafBlock(channels) for _ in range(count)])


def _gated(features: Tensor) -> Tensor:
    first, second = features.chunk(2, dim=1)
    return first * second


def _reach(encoder: Sequence[int], middle: int, decoder: Sequence[int]) -> int:
    """Intro and ending one pixel each, a block one of its level's; and what coarse pixels hold.

    >>> _reach((), 1, ())
    3
    """
    levels = zip(encoder, reversed(decoder), strict=True)
    blocks = sum((down + up) << level for level, (down, up) in enumerate(levels))
    coarsest = 1 << len(encoder)
    return 2 + blocks + middle * coarsest + 2 * (coarsest - 1)
