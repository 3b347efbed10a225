"""Rules that other programs find defects by, to be held beside ours."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.mosaic_noise import deviation
from isp.stages.defect_surroundings import RING, around, continued, in_order

Rule = Callable[[Tensor, Tensor, Cfa], Tensor]


def beyond_all_eight(
    mosaic: Float[Tensor, "b 1 h w"], noise: Float[Tensor, "b 3"], cfa: Cfa, sigmas: float = 5.0
) -> Bool[Tensor, "b 1 h w"]:
    """Where all eight neighbours of the colour differ the same way, by more than `sigmas`.

    The rule of the open integer ISPs, with noise in place of their one threshold.
    """
    eight = _eight(mosaic, cfa)
    reach = sigmas * deviation((eight[3] + eight[4]) / 2, noise)
    return (mosaic > eight[7] + reach) | (mosaic < eight[0] - reach)


def beyond_median(
    mosaic: Float[Tensor, "b 1 h w"], noise: Float[Tensor, "b 3"], cfa: Cfa, sigmas: float = 10.0
) -> Bool[Tensor, "b 1 h w"]:
    """Where the median of the eight neighbours of the colour is more than `sigmas` away."""
    eight = _eight(mosaic, cfa)
    median = (eight[3] + eight[4]) / 2
    return (mosaic - median).abs() > sigmas * deviation(median, noise)


def beyond_four_times(
    mosaic: Float[Tensor, "b 1 h w"], noise: Float[Tensor, "b 3"], cfa: Cfa
) -> Bool[Tensor, "b 1 h w"]:
    """Where a photosite is four times all eight neighbours, and 5 sigma of black above them.

    Hot ones only, as photographers' developers do it: a ratio, at its usual setting.
    """
    eight = _eight(mosaic, cfa)
    black = 5 * torch.sqrt(noise[:, 0]).reshape(-1, 1, 1, 1)
    return (mosaic > 4 * eight[7]) & (mosaic > eight[7] + black)


RULES: dict[str, Rule] = {
    "all eight neighbours, 5 sigma": beyond_all_eight,
    "median of eight, 10 sigma": beyond_median,
    "four times all eight, hot only": beyond_four_times,
}


def _eight(mosaic: Tensor, cfa: Cfa) -> list[Tensor]:
    rows, columns = cfa.period
    steps = [(y * rows, x * columns) for y, x in RING]
    return in_order(around(continued(mosaic, cfa.period), steps, cfa.period))
