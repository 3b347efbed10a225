"""Light where none was measured, guessed from what was measured beside it."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

RADII = (1, 3, 9)  # of the windows that are asked one after another, packed pixels
REACH = RADII[-1]
WHITE = 1.0  # of the sensor


def filled(
    planes: Float[Tensor, "b 4 h w"],
    measured: Float[Tensor, "b 4 h w"],
    clipped: Float[Tensor, "b 4 h w"],
) -> Float[Tensor, "b 4 h w"]:
    """Planes whose unmeasured places take the mean of measured ones of their colour near them.

    measured, clipped: 1 where a photosite was. Of windows of 3, 7 and 19 packed pixels the
    smallest that holds a measured one is taken. Inside a larger field of clipped ones it is
    sensor white, of others 0. So no value rests on what was not measured, not even on how far
    above white a photosite scattered.
    """
    values = torch.where(measured > 0, planes, 0.0)
    guess = torch.where(clipped > 0, WHITE, 0.0)
    for radius in reversed(RADII):
        share = _mean(measured, radius)
        mean = _mean(values, radius) / torch.where(share > 0, share, 1.0)
        guess = torch.where(share > 0, mean, guess)
    return torch.where(measured > 0, planes, guess)


def _mean(planes: Tensor, radius: int) -> Tensor:
    """Means over squares of 2 radius + 1, columns first; what is beyond the border is 0."""
    side = 2 * radius + 1
    columns = F.avg_pool2d(planes, (side, 1), stride=1, padding=(radius, 0))
    return F.avg_pool2d(columns, (1, side), stride=1, padding=(0, radius))
