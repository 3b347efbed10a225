"""The U-Net of "Learning to See in the Dark": the backbone that raw denoisers are compared on."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

WIDTHS = (32, 64, 128, 256, 512)
SLOPE = 0.2  # of the leaky ReLU below 0
MULTIPLE = 2 ** (len(WIDTHS) - 1)


class ConvolutionPair(nn.Module):
    """Two 3 x 3 convolutions, a leaky ReLU after each."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.second = nn.Conv2d(channels_out, channels_out, 3, padding=1)

    def forward(self, features: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h w"]:
        features = F.leaky_relu(self.first(features), SLOPE)
        return F.leaky_relu(self.second(features), SLOPE)


class SidUNet(nn.Module):
    """Five levels of convolution pairs, four down by maxima of 2 x 2 and four up again.

    Any size: mirrored at the lower and right border up to whole multiples of 16, and cut again.
    So tiles give what the whole gives where they begin at multiples of `multiple`.

    halo: pixels around one that its value rests on, at most.

    Source: Chen, Chen, Xu, Koltun, CVPR 2018; Wei et al., ExposureDiffusion's baseline, ICCV 2023.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.down_pairs = nn.ModuleList(
            [ConvolutionPair(a, b) for a, b in pairwise((channels_in, *WIDTHS))]
        )
        steps = list(pairwise(reversed(WIDTHS)))
        self.ups = nn.ModuleList([nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in steps])
        self.up_pairs = nn.ModuleList([ConvolutionPair(a, b) for a, b in steps])
        self.ending = nn.Conv2d(WIDTHS[0], channels_out, 1)
        self.multiple = MULTIPLE
        # Pairs reach two pixels of their level: one at the bottom, two at each other. Between
        # levels what is left of a pixel of the coarsest may be added, down and up.
        self.halo = 2 * 2 * (MULTIPLE - 1) + 2 * MULTIPLE + 2 * (MULTIPLE - 1)

    def forward(self, planes: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h w"]:
        height, width = planes.shape[-2:]
        features = mirrored(planes, MULTIPLE)
        across: list[Tensor] = []
        for pair in self.down_pairs:
            across.append(pair(F.max_pool2d(features, 2) if across else features))
            features = across[-1]
        for up, pair, kept in zip(self.ups, self.up_pairs, reversed(across[:-1]), strict=True):
            features = pair(torch.cat([up(features), kept], dim=1))
        ended: Tensor = self.ending(features)
        return ended[..., :height, :width]


def mirrored(planes: Float[Tensor, "b c h w"], multiple: int) -> Float[Tensor, "b c p q"]:
    """Go on below and to the right to whole multiples, as in a mirror that stands at the border.

    The last row comes twice, so that one row is enough to go on from.

    >>> mirrored(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 8)[0, 0, 0].tolist()
    [1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 1.0, 2.0]
    """
    height, width = planes.shape[-2:]
    rows = _mirror(height, multiple, planes.device)
    columns = _mirror(width, multiple, planes.device)
    return planes.index_select(-2, rows).index_select(-1, columns)


def _mirror(size: int, multiple: int, device: torch.device) -> Tensor:
    """Indices of as many as the next multiple, 0 to size - 1, back to 0, and so on."""
    whole = (size + multiple - 1) // multiple * multiple
    # A tensor to divide by: the exporter takes no size as the divisor of a remainder.
    period = torch.full((1,), 2 * size, device=device)
    folded = torch.arange(whole, device=device) % period
    return torch.minimum(folded, 2 * size - 1 - folded)
