"""Generalised Anscombe transform: noise of Poisson and Gauss made even, and the way back."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

RATES = 100.0  # electrons the inverse is tabulated to; its closed form errs by 0.012 at most then
STEPS = 1024
REACH, NODES = 8.0, 4001  # of the integral over the Gaussian, in standard deviations


def stabilise(
    electrons: Float[Tensor, "*shape"], variance_e2: Float[Tensor, "*#shape"]
) -> Float[Tensor, "*shape"]:
    """2 sqrt(z + c) - 2 sqrt(c), c = 3/8 + sigma^2: noise of deviation close to 1 at every level.

    electrons: z, Poisson electrons with Gaussian noise of variance sigma^2; the root of a negative
        argument is 0.
    No light is 0 and not 2 sqrt(c), for where the read noise is all there is, light would be lost
    in the last bits beside that. As 2 z / (sqrt(z + c) + sqrt(c)) it goes over into z / sigma, the
    stabiliser of Gaussian noise alone, without a difference of large numbers.

    Source: Starck, Murtagh, Bijaoui 1998; Makitalo, Foi, IEEE TIP 22(1), 2013, equation 5.
    """
    constant = variance_e2 + 0.375
    light = torch.maximum(electrons, -constant)
    return 2 * light / (torch.sqrt(light + constant) + torch.sqrt(constant))


def mean_stabilised(rate_e: Float[Tensor, "n"], variance_e2: float) -> Float[Tensor, "n"]:
    """Expectation of `stabilise` for a rate of electrons, float64, by sum and integral.

    Source: Makitalo, Foi 2013, equation 7: what an ideal denoiser finds.
    """
    rate = rate_e.double().reshape(-1, 1)
    last = math.ceil(float(rate.max()) + 12 * math.sqrt(float(rate.max())) + 30)
    count = torch.arange(last + 1, dtype=torch.float64, device=rate.device)
    log_share = torch.special.xlogy(count, rate) - rate - torch.lgamma(count + 1)
    mean: Tensor = log_share.exp() @ _mean_over_gauss(count, variance_e2)
    return mean


def _mean_over_gauss(electrons: Tensor, variance_e2: float) -> Tensor:
    if variance_e2 == 0:
        return stabilise(electrons, torch.zeros_like(electrons))
    sigma = math.sqrt(variance_e2)
    x = torch.linspace(-REACH, REACH, NODES, dtype=torch.float64, device=electrons.device)
    weight = torch.exp(-x * x / 2)
    seen = electrons.reshape(-1, 1) + sigma * x
    mean: Tensor = stabilise(seen, seen.new_tensor(variance_e2)) @ (weight / weight.sum())
    return mean


def inverse_table(
    variance_e2: Float[Tensor, "b"],
) -> tuple[Float[Tensor, "b n"], Float[Tensor, "b 2"]]:
    """Exact unbiased inverse as a table of electrons, and the stabilised values of its ends.

    Rows are even in the stabilised value from 0 to 100 electrons.
    """
    tables, ends = [], []
    for variance in variance_e2.double().tolist():
        # Even in the root, as the transform nearly is.
        root = torch.linspace(0, math.sqrt(RATES), 4 * STEPS, dtype=torch.float64)
        mean = mean_stabilised(root**2, variance)
        even = torch.linspace(float(mean[0]), float(mean[-1]), STEPS, dtype=torch.float64)
        above = torch.searchsorted(mean, even).clamp(1, len(mean) - 1)
        weight = (even - mean[above - 1]) / (mean[above] - mean[above - 1])
        tables.append(torch.lerp(root[above - 1] ** 2, root[above] ** 2, weight))
        ends.append(torch.stack([mean[0], mean[-1]]))
    device = variance_e2.device
    return torch.stack(tables).float().to(device), torch.stack(ends).float().to(device)


def destabilise(
    stabilised: Float[Tensor, "b 1 h w"],
    variance_e2: Float[Tensor, "b 1 1 1"],
    table: Float[Tensor, "b n"],
    ends: Float[Tensor, "b 2"],
) -> Float[Tensor, "b 1 h w"]:
    """Electrons whose stabilised values have the given mean: the exact unbiased inverse.

    table, ends: of `inverse_table` for the variance. Below the value of no light the table's first
    line goes on, into negative electrons, so that darkness has the mean of darkness.

    Source: Makitalo, Foi 2013, equations 8 and 10 (closed form, where the table ends).
    """
    low, high = (e.reshape(-1, 1, 1, 1) for e in ends.unbind(dim=1))
    dark = torch.sqrt(variance_e2 + 0.375)  # half of what `stabilise` takes away
    place = (stabilised - low) / (high - low) * (STEPS - 1)
    cell = place.clamp(0, STEPS - 2).floor()
    index = cell.long().flatten(1)
    left = table.gather(1, index).reshape(stabilised.shape)
    right = table.gather(1, index + 1).reshape(stabilised.shape)
    tabulated = left + (place - cell) * (right - left)
    above = torch.maximum(stabilised, high)
    d = above + 2 * dark
    root = math.sqrt(1.5)
    # D^2 / 4 - 1/8 - sigma^2 and the rest, with D = above + 2 dark multiplied out.
    whole = above * (above / 4 + dark) + 1 / 4
    closed = whole + root / 4 / d - 11 / 8 / d**2 + 5 * root / 8 / d**3
    return torch.where(stabilised > high, closed, tabulated)
