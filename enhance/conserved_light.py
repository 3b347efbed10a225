"""A denoised picture keeps the light that was measured: a network's own shift is put back."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

CELL = 16  # packed pixels; sides of the planes are multiples of it
WIDTH = 5  # cells of a box, which is run twice
REACH = CELL * (WIDTH + 1)  # two boxes, a neighbour to interpolate from, and the cell itself


def conserved(
    estimate: Float[Tensor, "b 4 h w"],
    amplified: Float[Tensor, "b 4 h w"],
    measured: Float[Tensor, "b 4 h w"],
) -> Float[Tensor, "b 4 h w"]:
    """The estimate, moved by the mean by which the capture is brighter than it round about.

    A network trained for the least squared error draws light towards what it has seen most, by
    up to half a percent of white. Noise has no mean: over some 80 x 80 packed pixels, weighted
    as a pyramid, the capture itself says how bright it was, each colour for itself.

    amplified: the capture as bright as the estimate. measured: 1 where a photosite was; others
    say nothing, and where there are none around the estimate stays.
    """
    missing = _around((amplified - estimate) * measured)
    share = _around(measured)
    mean = torch.where(share > 0, missing / torch.where(share > 0, share, 1.0), 0.0)
    return estimate + F.interpolate(
        mean, scale_factor=float(CELL), mode="bilinear", align_corners=False
    )


def _around(planes: Tensor) -> Tensor:
    """Means of cells, and twice of the cells around each."""
    cells = F.avg_pool2d(planes, CELL)
    for _ in range(2):
        cells = F.avg_pool2d(cells, WIDTH, stride=1, padding=WIDTH // 2, count_include_pad=False)
    return cells
