"""Bilinear demosaicing, for any colour-filter pattern."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.stage import Stage


def demosaic_bilinear(mosaic: Float[Tensor, "b 1 h w"], cfa: Cfa) -> Float[Tensor, "b 3 h w"]:
    """Interpolate each channel from its nearest photosites with a triangular kernel.

    On a Bayer pattern this is the common bilinear interpolation: the mean of the two or four
    nearest photosites. Patterns whose colours lie further apart take a wider kernel. Borders are
    mirrored without breaking the pattern. A monochrome mosaic gives three equal channels.

    Raises ProfileError for a pattern with channels other than R, G, B or Y.
    """
    channels = _channels(cfa)
    radius = reach(cfa)
    height, width = mosaic.shape[-2:]
    padded = reflect_whole_periods(mosaic, cfa.period, (radius,) * 4)
    sites = _sites(cfa, height, width, radius, mosaic)
    kernel = _triangle(radius, mosaic).expand(channels, 1, -1, -1)
    total = F.conv2d(padded * sites, kernel, groups=channels)
    # The weights repeat with the pattern: one period of them is enough.
    weight = F.conv2d(_sites(cfa, *cfa.period, radius, mosaic), kernel, groups=channels)
    share = cfa.spread_sites((1 / weight).flatten(2)[0], height, width)  # (c, 1, h, w)
    colours = total * share.transpose(0, 1)
    # A photosite keeps its own value: neighbours of its colour inside the kernel do not smooth it.
    own = sites[..., radius : radius + height, radius : radius + width]
    colours = torch.where(own > 0, mosaic, colours)
    return colours.repeat(1, 3, 1, 1) if channels == 1 else colours


def reach(cfa: Cfa) -> int:
    """Smallest kernel radius at which every photosite sees every channel."""
    rows, columns = cfa.period
    for radius in range(1, max(rows, columns) + 1):
        sees_all = all(
            {
                cfa.pattern[(y + i) % rows][(x + j) % columns]
                for i in range(-radius, radius + 1)
                for j in range(-radius, radius + 1)
            }
            == set(cfa.channels)
            for y in range(rows)
            for x in range(columns)
        )
        if sees_all:
            return radius
    return max(rows, columns)


def _channels(cfa: Cfa) -> int:
    if cfa.channels not in (("R", "G", "B"), ("Y",)):
        raise ProfileError(f"demosaicing gives R, G, B, but {cfa.name} has {cfa.channels}")
    return len(cfa.channels)


def _sites(cfa: Cfa, height: int, width: int, margin: int, like: Tensor) -> Tensor:
    """1 where a photosite has the channel's colour: (1, c, h + 2 margin, w + 2 margin)."""
    ones = torch.eye(len(cfa.channels), dtype=like.dtype, device=like.device)
    # Padding by whole mirrors keeps the phase, so the map starts `margin` before the origin.
    shifted = cfa.crop(-margin, -margin)
    return shifted.spread(ones, height + 2 * margin, width + 2 * margin).transpose(0, 1)


def _triangle(radius: int, like: Tensor) -> Tensor:
    side = 1 - torch.arange(-radius, radius + 1, device=like.device).abs() / (radius + 1)
    return (side[:, None] * side[None, :]).to(like.dtype).reshape(1, 1, *[2 * radius + 1] * 2)


class BilinearDemosaic(Stage):
    """`demosaic_bilinear`; a value is measured when every photosite it is made of was."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        _channels(cfa)
        self.cfa = cfa
        self.halo = self.mask_support = reach(cfa)

    def forward(self, mosaic: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
        return demosaic_bilinear(mosaic, self.cfa)

    def spoilt(self, mask: Tensor) -> Tensor:
        return demosaic_bilinear(mask.float(), self.cfa) > 0
