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
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """Weighted mean of the pixels up to `radius` periods away, and its variance.

    The pixel itself has no part in either. Where fewer than two are known, both are 0.
    """
    total, weight, count = (
        sum_of_others(plane, period, radius)
        for plane in (information * estimate, information, (information > 0).float())
    )
    enough = (count > 1.5) & (weight > 0)
    doubt = torch.where(enough, 1 / torch.where(enough, weight, 1.0), 0.0)
    return total * doubt, doubt


def flat_around(
    estimate: Float[Tensor, "b c h w"],
    information: Float[Tensor, "b c h w"],
    period: tuple[int, int],
    radius: int,
) -> Bool[Tensor, "b c h w"]:
    """Whether the pixels up to `radius` periods away, without it, show one light.

    They do where they scatter about their own surroundings as their variances say, mean chi^2
    below 1 + ROUGH sqrt(2 / n); a smooth gradient is flat. Fewer than two are not.
    """
    mean, doubt = surroundings(estimate, information, period, radius)
    known = information > 0
    variance = 1 / information.clamp(min=1e-30)
    off = torch.where(known & (doubt > 0), (estimate - mean) ** 2 / (variance + doubt), 0.0)
    number = sum_of_others(known.float(), period, radius).clamp(min=1)
    scatter = sum_of_others(off, period, radius) / number
    return (doubt > 0) & (scatter < 1 + ROUGH * torch.sqrt(2 / number))


def sum_of_others(
    values: Float[Tensor, "b c h w"], period: tuple[int, int], radius: int
) -> Float[Tensor, "b c h w"]:
    """Sum over a square of `radius` periods around a pixel, without it; nothing lies outside.

    >>> sum_of_others(torch.ones(1, 1, 3, 1), (1, 1), 1).flatten().tolist()
    [1.0, 2.0, 1.0]
    """
    rows, columns = period
    down = _windowed(F.pad(values, (0, 0, radius * rows, radius * rows)), -2, rows, radius)
    across = _windowed(
        F.pad(down, (radius * columns, radius * columns)), -1, columns, radius
    )  # fmt: skip
    return across - values


def _windowed(padded: Tensor, dim: int, step: int, radius: int) -> Tensor:
    """Sums of 2 radius + 1 samples `step` apart, from each on: of sums of 1, 2, 4, 8, ... samples.

    A dilated convolution gathers every sample 2 radius + 1 times, and takes ten times as long.
    """
    window = 2 * radius + 1
    length = padded.shape[dim] - 2 * radius * step
    power, size, done = padded, 1, 0
    total: Tensor | None = None
    while done < window:
        if window & size:
            part = power.narrow(dim, done * step, length)
            total = part if total is None else total + part
            done += size
        if done < window:
            left = power.shape[dim] - size * step
            power = power.narrow(dim, 0, left) + power.narrow(dim, size * step, left)
            size *= 2
    assert total is not None  # a window holds the pixel itself
    return total
