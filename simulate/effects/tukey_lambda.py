"""Tukey-lambda read noise: heavy tails, as low-light raws show them."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, uniform


def tukey_lambda(
    electrons: Float[Tensor, "b 1 h w"],
    shape: Float[Tensor, "#b"],
    scale_e: Float[Tensor, "#b"],
    draws: Draws,
) -> Float[Tensor, "b 1 h w"]:
    """Add Tukey-lambda noise to each photosite, by its quantile at one uniform.

    shape: lambda per image; below 0 the tails are heavier than a logistic's, 0.14 is near normal.
    scale_e: the scale, not the standard deviation, e-; see
        `isp.core.tukey_deviation`.

    Source: Wei et al., CVPR 2020 (ELD), section 3.2.
    """
    height, width = electrons.shape[-2:]
    words = draws.words(height, width, electrons.device)
    deviation = quantile(words, shape.double().reshape(-1, 1, 1, 1))
    return electrons + scale_e.double().reshape(-1, 1, 1, 1) * deviation


def quantile(words: Tensor, shape: Tensor) -> Tensor:
    """Q(p) = [p^l - (1 - p)^l] / l at p = (w + 0.5) 2^-32; ln(p / (1 - p)) at l = 0.

    words: unsigned 32-bit words; shape: l, broadcast with them, float64.

    >>> median = torch.tensor([2**31 - 1, 2**31])
    >>> quantile(median, torch.zeros(1)).abs().max() < 1e-9
    tensor(True)
    """
    low, high = uniform(words).log(), uniform(0xFFFFFFFF - words).log()
    tiny = shape.abs() < 1e-12
    safe = torch.where(tiny, 1.0, shape)
    powers = (torch.expm1(safe * low) - torch.expm1(safe * high)) / safe
    return torch.where(tiny, low - high, powers)


def density(x: Tensor, shape: float, scale: float = 1.0) -> Tensor:
    """Probability density at x, by bisection of the quantile in p.

    f(Q(p)) = 1 / (s [p^(l-1) + (1-p)^(l-1)]); 0 outside the finite support of l > 0.

    Source: Joiner and Rosenblatt, JASA 66, 1971.
    """
    p = cumulative(-x.abs(), shape, scale)  # symmetric, and p keeps its digits in the lower tail
    inside = (p > 0) & (p < 1)
    safe = torch.where(inside, p, 0.5)
    steepness = scale * (safe ** (shape - 1) + (1 - safe) ** (shape - 1))
    return torch.where(inside, 1 / steepness, 0.0)


def cumulative(x: Tensor, shape: float, scale: float = 1.0) -> Tensor:
    """Cumulative probability at x: the p where the quantile is x, to float64."""
    target = x.double() / scale
    # Bisection in the logit of p resolves both tails.
    low, high = torch.full_like(target, -600.0), torch.full_like(target, 600.0)
    for _ in range(80):
        middle = (low + high) / 2
        below = _at_logit(middle, shape) < target
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    p = torch.sigmoid((low + high) / 2)
    if shape > 0:
        p = torch.where(target <= -1 / shape, 0.0, torch.where(target >= 1 / shape, 1.0, p))
    return p


def _at_logit(logit: Tensor, shape: float) -> Tensor:
    log_p, log_q = torch.nn.functional.logsigmoid(logit), torch.nn.functional.logsigmoid(-logit)
    if shape == 0:
        return log_p - log_q
    return (torch.expm1(shape * log_p) - torch.expm1(shape * log_q)) / shape
