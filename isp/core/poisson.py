"""Exact Poisson samples from one 32-bit word each, by the inverse CDF.

Source: Giles, ACM TOMS 42(1) article 7, 2016 (Algorithm 955) for the asymptotic inverse; the
ambiguous band around each integer is decided by the CDF itself, so that the result is the exact
quantile of u = (w + 0.5) 2^-32 at every rate. Monotone in the rate: brackets can share draws.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.errors import DrawError
from isp.core.kernels.presence import numba_is_there
from isp.core.poisson_series import (
    A_COEFFICIENTS,
    C0_COEFFICIENTS,
    LARGEST_RATE,
    S_RANGE,
    SMALL_RATE,
)
from isp.core.rng import normal, uniform

CHUNK = 1 << 16


def poisson(rate: Float[Tensor, "..."], words: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Poisson counts with the given mean, one per word; the gradient passes through the mean.

    rate: mean counts, >= 0, at most 2^24; any device, float32 (float64 is taken as it is).
    words: unsigned 32-bit words as int64, of a shape that broadcasts with the rate.

    Raises DrawError for a negative, NaN or too large rate.

    >>> poisson(torch.tensor([0.0, 4.0]), torch.tensor([123, 2**31]))
    tensor([0., 4.])
    """
    mean = rate.detach()
    # One pass finds NaN too: every comparison with NaN is false.
    if not bool(((mean >= 0) & (mean <= LARGEST_RATE)).all()):
        raise DrawError(
            f"a Poisson rate is in 0..2^24, but the rates run from {float(mean.min()):g} "
            f"to {float(mean.max()):g}"
        )
    mean, words = torch.broadcast_tensors(mean, words)
    lam, w = mean.reshape(-1), words.reshape(-1)
    compiled = lam.device.type == "cpu" and numba_is_there()
    sample = _on_cpu(lam, w) if compiled else quantile(lam.double(), w)
    sample = sample.reshape(mean.shape)
    return _ThroughMean.apply(rate.expand(mean.shape), sample.to(rate.dtype))  # type: ignore[no-any-return]


class _ThroughMean(torch.autograd.Function):
    """The sample forwards, the mean's gradient backwards (exact: no arithmetic on the sample)."""

    @staticmethod
    def forward(ctx: Any, mean: Tensor, sample: Tensor) -> Tensor:
        return sample.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def _on_cpu(lam: Tensor, words: Tensor) -> Tensor:
    # numba: only where something is drawn
    from isp.core.kernels.poisson_row import poisson_rows
    from isp.core.poisson_cpu import in_threads, quantiles

    constants = np.array(A_COEFFICIENTS), np.array(C0_COEFFICIENTS), *S_RANGE
    if lam.dtype == torch.float32:
        short = words.to(torch.int32).numpy().view(np.uint32)  # the low 32 bits, as they are
        return torch.from_numpy(in_threads(poisson_rows, lam.numpy(), short, constants))
    counts = in_threads(quantiles, lam.double().numpy(), words.numpy(), constants)
    return torch.from_numpy(counts)


def quantile(lam: Float[Tensor, "n"], words: Int[Tensor, "n"]) -> Float[Tensor, "n"]:
    """The exact quantile in torch, on any device: the readable reference, and the path on a GPU."""
    chunks = [
        _quantile(lam[i : i + CHUNK], words[i : i + CHUNK]) for i in range(0, len(lam), CHUNK)
    ]
    return torch.cat(chunks) if chunks else lam


def _quantile(lam: Tensor, words: Tensor) -> Tensor:
    result = torch.empty_like(lam)
    small = lam < SMALL_RATE
    if bool(small.all()):
        return _sum_from_bottom(lam, words)
    if bool(small.any()):
        result[small] = _sum_from_bottom(lam[small], words[small])
        large = ~small
        result[large] = _asymptotic(lam[large], words[large])
        return result
    return _asymptotic(lam, words)


def _sum_from_bottom(lam: Tensor, words: Tensor) -> Tensor:
    """Smallest n with F(n) >= u, adding up the probabilities."""
    u = uniform(words)
    p = torch.exp(-lam)
    cdf = p.clone()
    n = torch.zeros_like(lam)
    below = cdf < u
    k = 0
    while bool(below.any()):
        k += 1
        n += below
        p = p * (lam / k)
        cdf = cdf + p
        below = (cdf < u) & (p > 0)
    return n


def _asymptotic(lam: Tensor, words: Tensor) -> Tensor:
    """Giles' inverse, with the exact test where it comes close to an integer."""
    root = lam.sqrt()
    z = normal(words)
    s = z / root
    low, high = S_RANGE
    t = (2 * s - (low + high)) / (high - low)
    x = lam + root * z * (1 + s / 6 + s * s * _polynomial(A_COEFFICIENTS, t))
    x = x + _polynomial(C0_COEFFICIENTS, t)
    x = x - 0.0218 / (x + 0.065 * lam)
    nearest = x.round()
    # Width of the doubtful band, measured: CONVENTIONS section 5.3.
    delta = torch.where(lam < 30, 0.01, torch.where(lam < 100, 1e-3, 5e-5))
    n = x.floor()
    inside = (s > low) & (s < high) & (x >= 1)
    doubtful = inside & ((x - nearest).abs() < delta)
    if bool(doubtful.any()):
        n[doubtful] = _decide(nearest[doubtful], lam[doubtful], words[doubtful])
    if not bool(inside.all()):
        n[~inside] = _outside(lam[~inside], words[~inside])
    return n


def _outside(lam: Tensor, words: Tensor) -> Tensor:
    """Quantiles far in a tail of a rate below about 90, where the series does not hold.

    In the upper tail the sum from the bottom still resolves: 1 - u is never below 1.1e-10.
    """
    return _sum_from_bottom(lam, words)


def _polynomial(coefficients: tuple[float, ...], t: Tensor) -> Tensor:
    value = torch.full_like(t, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * t + coefficient
    return value


def _decide(m: Tensor, lam: Tensor, words: Tensor) -> Tensor:
    """M where F(m - 1) < u, else m - 1; compared in the smaller tail."""
    lower = words < 1 << 31
    u = uniform(words)
    complement = uniform(0xFFFFFFFF - words)
    below = _tail_sum(m - 1, lam, downwards=True) < u
    above = _tail_sum(m, lam, downwards=False) > complement
    return torch.where(torch.where(lower, below, above), m, m - 1)


def _tail_sum(n: Tensor, lam: Tensor, *, downwards: bool) -> Tensor:
    """P(X <= n) by terms going down from n, or P(X >= n) by terms going up."""
    term = torch.ones_like(lam)
    total = torch.ones_like(lam)
    k = 0
    while True:
        factor = (n - k).clamp(min=0) / lam if downwards else lam / (n + k + 1)
        term = term * factor
        total = total + term
        k += 1
        # Terms may still grow where the factor is above 1.
        if not bool(((term > 1e-17 * total) & (term > 0)).any()):
            return _pmf(n, lam) * total


def _pmf(n: Tensor, lam: Tensor) -> Tensor:
    """Poisson probability without cancellation (Loader 2000: saddle-point expansion)."""
    positive = n.clamp(min=1)
    body = torch.exp(-_stirling_error(positive) - _deviance(positive, lam))
    return torch.where(n > 0, body / torch.sqrt(2 * torch.pi * positive), torch.exp(-lam))


def _stirling_error(n: Tensor) -> Tensor:
    """Ln n! - ln(sqrt(2 pi n) (n/e)^n)."""
    nn = n * n
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / nn) / nn) / nn) / nn) / n
    half_log = 0.9189385332046727  # ln sqrt(2 pi)
    direct = torch.lgamma(n + 1) - (n + 0.5) * torch.log(n) + n - half_log
    return torch.where(n > 15, series, direct)


def _deviance(n: Tensor, lam: Tensor) -> Tensor:
    """N ln(n / lam) + lam - n, by a series where the two are close."""
    difference = n - lam
    v = difference / (n + lam)
    series = difference * v
    term = 2 * n * v
    for j in range(1, 12):
        term = term * v * v
        series = series + term / (2 * j + 1)
    return torch.where(v.abs() < 0.1, series, n * torch.log(n / lam) - difference)
