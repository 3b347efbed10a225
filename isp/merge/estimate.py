"""The best estimate of the scene from several exposures: weights of inverse expected variance."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.merge.neighbours import pooled
from isp.merge.observation import Observation

ROUNDS = 3  # the signal of the last round differs by the noise, relative to it, to that power

Variance = Callable[[Observation, Tensor], Tensor]


def sample_variance(seen: Observation, expected: Tensor) -> Tensor:
    """Variance of one sample of an observation at its expected signal."""
    return seen.noise.variance(expected)


def best_estimate(
    bracket: Sequence[Observation], used: Sequence[Bool[Tensor, "b 1 h w"]]
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """`combine`, with the weights at the light that a pixel and its neighbours show together.

    Deep in the shadows a pixel's own estimate is mostly noise, and weights that follow it lose a
    few hundredths of a decibel, and variances are uncertain; where the neighbours agree with it
    the weights follow all nine, and values stay each pixel's own.
    """
    estimate, information = combine(bracket, used)
    light = pooled(estimate, information, bracket[0].period)
    expected = [seen.exposure * light for seen in bracket]
    return _weighted(bracket, used, expected, sample_variance)


def combine(
    bracket: Sequence[Observation],
    used: Sequence[Bool[Tensor, "b 1 h w"]],
    *,
    rounds: int = ROUNDS,
    variance: Variance = sample_variance,
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """Estimate of the reference's signal, and its information (1 / variance; 0 where nothing is).

    Sample i is y_i = a_i s + noise of variance V_i(a_i s). The estimate solves
    sum a_i (y_i - a_i s) / V_i(a_i s) = 0, that is s = sum w a y / sum w a^2 with w = 1 / V at the
    signal that s itself predicts, never at the noisy sample y_i: weighing by 1 / V(y_i) would
    prefer samples that came out too dark. Its information is I = sum a_i^2 / V_i.

    Why it is unbiased to second order: with g(s) the sum above, E g' = -I, and expanding the root
    gives the bias E[g g'] / I^2 + E[g''] / 2 I^2; both hold sum a^2 V' / V^2 (V' by s), with
    opposite signs, and cancel. Shot noise alone makes it sum y / sum a, unbiased at any light.

    Source: Wedderburn 1974, Biometrika 61(3), quasi-likelihood; Hasinoff, Durand and Freeman,
    CVPR 2010, section 3 (brackets, weights of a shot and read noise model).
    """
    guess: list[Tensor] = [seen.signal for seen in bracket]
    estimate, information = _weighted(bracket, used, guess, variance)
    for _ in range(rounds - 1):
        guess = [seen.exposure * estimate for seen in bracket]
        estimate, information = _weighted(bracket, used, guess, variance)
    return estimate, information


def _weighted(
    bracket: Sequence[Observation],
    used: Sequence[Tensor],
    expected: Sequence[Tensor],
    variance: Variance,
) -> tuple[Tensor, Tensor]:
    total = torch.zeros_like(bracket[0].signal)
    information = torch.zeros_like(total)
    for seen, here, light in zip(bracket, used, expected, strict=True):
        weight = torch.where(here, seen.exposure / variance(seen, light), 0.0)
        weight = weight if seen.trust is None else weight * seen.trust
        total = total + weight * torch.where(here, seen.signal, 0.0)
        information = information + weight * seen.exposure
    known = information > 0
    return torch.where(known, total / torch.where(known, information, 1.0), 0.0), information


def weight_shares(
    bracket: Sequence[Observation],
    used: Sequence[Bool[Tensor, "b 1 h w"]],
    estimate: Tensor,
    added: Sequence[Tensor],
) -> list[float]:
    """Share of each frame in the estimate, on the mean of the pixels that were measured.

    added: information of samples near their limit, see `isp.merge.near_limit`.
    """
    parts = [
        torch.where(here, seen.exposure**2 / seen.noise.variance(seen.exposure * estimate), more)
        for seen, here, more in zip(bracket, used, added, strict=True)
    ]
    total = torch.stack(parts).sum(dim=0)
    known = total > 0
    count = known.sum().clamp(min=1)
    shares = [torch.where(known, part / torch.where(known, total, 1.0), 0.0) for part in parts]
    return [float(share.double().sum() / count) for share in shares]
