"""Crosstalk: light and charge that end in the photosite next door."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods

Kernels = Mapping[str, Sequence[float]]
NONE = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


def optical_crosstalk(
    expected: Float[Tensor, "b 1 h w"], kernels: Kernels, cfa: Cfa, origin: tuple[int, int] = (0, 0)
) -> Float[Tensor, "b 1 h w"]:
    """Scatter expected electrons over neighbours, before the shot noise is drawn.

    What was aimed at a photosite of colour c lands around it with the weights of c: the kernel is
    its source's. Nothing is made, and what a kernel's sum lacks to 1 is lost.

    expected: mean photo-electrons; float64 keeps the rate chain exact.
    kernels: per channel 9 weights, row by row from the upper left neighbour; a channel that is
        not listed keeps its light.
    cfa, origin: the sensor's pattern, and the row and column of the first photosite in it. Beyond
        the edges the mosaic goes on in its colours. A tile needs a halo of one photosite.
    """
    return _scattered(expected, kernels, cfa, origin)


def electrical_crosstalk(
    electrons: Float[Tensor, "b 1 h w"],
    kernels: Kernels,
    cfa: Cfa,
    origin: tuple[int, int] = (0, 0),
) -> Float[Tensor, "b 1 h w"]:
    """Share collected electrons with neighbours, after the shot noise: it is shared with them.

    As `optical_crosstalk`, but noise of neighbours becomes correlated, and a photosite's own
    variance falls below its mean. The result holds fractions of electrons: it is a signal.
    """
    return _scattered(electrons, kernels, cfa, origin)


def _scattered(signal: Tensor, kernels: Kernels, cfa: Cfa, origin: tuple[int, int]) -> Tensor:
    if not kernels:
        return signal
    height, width = signal.shape[-2:]
    around = cfa.crop(origin[0] - 1, origin[1] - 1)  # seen from one photosite outside
    weights = torch.tensor(
        [kernels.get(channel, NONE) for channel in around.channels],
        dtype=torch.float64,
        device=signal.device,
    )
    sources = reflect_whole_periods(signal, cfa.period, (1, 1, 1, 1)).double()
    total = torch.zeros_like(signal, dtype=torch.float64)
    for target in range(9):
        down, right = target // 3 - 1, target % 3 - 1
        aimed = around.spread(weights[:, target].unsqueeze(0), height + 2, width + 2)
        landed = sources * aimed
        total = total + landed[..., 1 - down : 1 - down + height, 1 - right : 1 - right + width]
    return total.to(signal.dtype)
