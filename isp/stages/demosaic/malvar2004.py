"""Malvar, He and Cutler's gradient-corrected linear demosaicing."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.stage import Stage

# Figure 2 of the paper, in eighths: green at red or blue; red (blue) at green, its own colour
# left and right; the same above and below; red at blue and blue at red.
GREEN = [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]
BESIDE = [
    [0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]
]  # fmt: skip
ABOVE = [list(column) for column in zip(*BESIDE, strict=True)]
ACROSS = [
    [0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]
]  # fmt: skip
OWN = [[0.0] * 5, [0.0] * 5, [0.0, 0.0, 8.0, 0.0, 0.0], [0.0] * 5, [0.0] * 5]
KERNELS = (OWN, GREEN, BESIDE, ABOVE, ACROSS)


def demosaic_malvar2004(mosaic: Float[Tensor, "b 1 h w"], cfa: Cfa) -> Float[Tensor, "b 3 h w"]:
    """Bilinear interpolation corrected by the gradient of the photosite's own colour, 5 x 5.

    mosaic: linear, any size; borders are mirrored without breaking the pattern. Values may
    overshoot and are not clipped.

    Raises ProfileError for a pattern that is not one of the four Bayer phases.

    Source: Malvar, He, Cutler, ICASSP 2004, figure 2.
    """
    return _filter(mosaic, cfa, mosaic.new_tensor(KERNELS) / 8)


def _filter(mosaic: Tensor, cfa: Cfa, kernels: Tensor) -> Tensor:
    height, width = mosaic.shape[-2:]
    padded = reflect_whole_periods(mosaic, cfa.period, (2, 2, 2, 2))
    filtered = F.conv2d(padded, kernels.unsqueeze(1))  # (b, 5, h, w)
    choice = _choice(cfa).to(mosaic.device)  # (3, 2, 2)
    picks = [
        cfa.spread_sites(plane.reshape(1, 4), height, width).expand(mosaic.shape[0], 1, -1, -1)
        for plane in choice
    ]
    return torch.cat([filtered.gather(1, pick) for pick in picks], dim=1)


def _choice(cfa: Cfa) -> Tensor:
    """Index into KERNELS for each output channel at each site: (3, 2, 2)."""
    if not cfa.is_bayer:
        raise ProfileError(f"malvar2004 is made for Bayer patterns, not {cfa.name}; use bilinear")
    choice = torch.zeros(3, 2, 2, dtype=torch.int64)
    for y in range(2):
        for x in range(2):
            site, beside = cfa.pattern[y][x], cfa.pattern[y][1 - x]
            if site == "G":
                choice[0, y, x] = 2 if beside == "R" else 3
                choice[2, y, x] = 2 if beside == "B" else 3
            else:
                choice[1, y, x] = 1
                choice[2 if site == "R" else 0, y, x] = 4
    return choice


class MalvarDemosaic(Stage):
    """`demosaic_malvar2004`; a value is measured when every photosite it is made of was."""

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA
    halo = 2
    mask_support = 2

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        _choice(cfa)
        self.cfa = cfa

    def forward(self, mosaic: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
        return demosaic_malvar2004(mosaic, self.cfa)

    def spoilt(self, mask: Tensor) -> Tensor:
        plane = mask.float()
        return _filter(plane, self.cfa, plane.new_tensor(KERNELS).abs()) > 0
