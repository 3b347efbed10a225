"""What the neighbours of a pixel, of its own colour, say of the light there."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import reflect_whole_periods

ALIKE = 3.0  # deviations within which a pixel and its neighbours show the same light


def neighbours(
    estimate: Float[Tensor, "b c h w"],
    information: Float[Tensor, "b c h w"],
    period: tuple[int, int],
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """Mean of the known pixels among the eight one period away, and that mean's variance.

    Both are 0 where none is known.
    """
    channels = estimate.shape[1]
    known = information > 0
    variance = torch.where(known, 1 / torch.where(known, information, 1.0), 0.0)
    planes = torch.cat([torch.where(known, estimate, 0.0), variance, known.float()], dim=1)
    rows, columns = period
    padded = reflect_whole_periods(planes, period, (columns, columns, rows, rows))
    kernel = planes.new_ones(3, 3)
    kernel[1, 1] = 0
    kernels = kernel.expand(3 * channels, 1, 3, 3)
    sums = F.conv2d(padded, kernels, dilation=(rows, columns), groups=3 * channels)
    total, noise, count = sums.split(channels, dim=1)
    number = count.clamp(min=1)
    return total / number, noise / number**2


def pooled(
    estimate: Float[Tensor, "b c h w"],
    information: Float[Tensor, "b c h w"],
    period: tuple[int, int],
) -> Float[Tensor, "b c h w"]:
    """The estimate, averaged with its neighbours where noise explains that they differ.

    For the light at which a variance is taken: of its own noise a ninth is left, and beside an
    edge it stays the pixel's own.
    """
    around, spread = neighbours(estimate, information, period)
    own = 1 / information.clamp(min=1e-30)
    alike = (spread > 0) & ((estimate - around) ** 2 < ALIKE**2 * (own + spread))
    mean = (estimate * spread + around * own) / (spread + own).clamp(min=1e-30)
    return torch.where(alike, mean, estimate)
