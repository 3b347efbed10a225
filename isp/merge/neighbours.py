"""What the neighbours of a pixel, of its own colour, say of the light there."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import reflect_whole_periods

ALIKE = 3.0  # deviations within which a pixel and its neighbours show the same light
ROUGH = 4.0  # deviations of the neighbours' own scatter, beyond which they do not show one light


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


def surroundings(
    estimate: Float[Tensor, "b c h w"],
    information: Float[Tensor, "b c h w"],
    period: tuple[int, int],
    radius: int,
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"], Bool[Tensor, "b c h w"]]:
    """Weighted mean of the pixels up to `radius` periods away, its variance, and if it is flat.

    The pixel itself has no part in any of the three. Flat: the neighbours scatter about their own
    surroundings as their variances say, mean chi^2 below 1 + ROUGH sqrt(2 / n); a smooth gradient
    is flat. Where fewer than two are known it is not, and mean and variance are 0.
    """
    known = information > 0
    total, weight, count = (
        sum_of_others(plane, period, radius)
        for plane in (information * estimate, information, known.float())
    )
    enough = (count > 1.5) & (weight > 0)
    doubt = torch.where(enough, 1 / torch.where(enough, weight, 1.0), 0.0)
    mean, number = total * doubt, count.clamp(min=1)
    variance = 1 / information.clamp(min=1e-30)
    off = torch.where(known & enough, (estimate - mean) ** 2 / (variance + doubt), 0.0)
    scatter = sum_of_others(off, period, radius) / number
    return mean, doubt, enough & (scatter < 1 + ROUGH * torch.sqrt(2 / number))


def sum_of_others(
    values: Float[Tensor, "b c h w"], period: tuple[int, int], radius: int
) -> Float[Tensor, "b c h w"]:
    """Sum over a square of `radius` periods around a pixel, without it; nothing lies outside.

    >>> sum_of_others(torch.ones(1, 1, 3, 1), (1, 1), 1).flatten().tolist()
    [1.0, 2.0, 1.0]
    """
    channels = values.shape[1]
    rows, columns = period
    line = values.new_ones(channels, 1, 2 * radius + 1, 1)
    down = F.conv2d(
        values, line, padding=(radius * rows, 0), dilation=(rows, 1), groups=channels
    )  # fmt: skip
    across = F.conv2d(
        down, line.transpose(-1, -2), padding=(0, radius * columns), dilation=(1, columns),
        groups=channels,
    )  # fmt: skip
    return across - values
