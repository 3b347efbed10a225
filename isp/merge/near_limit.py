"""What a long exposure near its limit still tells: samples seen, and that others were not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.special import log_ndtr, ndtr

from isp.merge.neighbours import sum_of_others, surroundings
from isp.merge.observation import Observation
from isp.merge.saturation import SHORTER

WIDE, NARROW = 7, 3  # periods to each side: of 224 or 48 neighbours
ROUNDS = 3  # after the first the surroundings know the light from all frames
SURE = 5.0  # deviations from what the surroundings expect, at which a sample contradicts them
VAGUE = 0.2  # of a sample's variance: what the surroundings may know no better than
FAR = 8.0  # deviations from the limit, beyond which nothing is left to tell


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Censored:
    """What one frame's samples, seen or clipped, say of the scene's light at an assumed light.

    score: slope of the log likelihood by the light. information: its variance, the Fisher
    information. bend: how fast the mean score turns, by the light, twice. contradicts: samples
    that the assumed light does not explain.
    """

    score: Float[Tensor, "b c h w"]
    information: Float[Tensor, "b c h w"]
    bend: Float[Tensor, "b c h w"]
    contradicts: Bool[Tensor, "b c h w"]


def censored(seen: Observation, light: Float[Tensor, "b c h w"]) -> Censored:
    """Score and information of samples of which those from `edge` on are only known to be there.

    With deviation d, distance z = (edge - a s) / d, normal density f and distribution F, and the
    hazard h = f / (1 - F) at z: a sample below scores (y - a s) / d, one beyond h, both times
    a / d; the information is a^2 / d^2 (F + f (h - z)), and the mean score of another light
    s + e is I e - a^3 / d^3 f (1 - z (h - z)) e^2 / 2 + ...

    A full well hides its light before the noise of reading, and with a probability of
    P(full) F(-(well - edge) / read) a full sample is read below the edge: h is then lowered so
    that the mean score stays 0.

    Source: Tobin 1958, Econometrica 26(1) (a limited dependent variable); Amemiya 1973,
    Econometrica 41(6), section 3.
    """
    expected = seen.exposure * light
    deviation = seen.noise.variance(expected).sqrt()
    edge = seen.limit if seen.edge is None else seen.edge
    z = ((edge - expected) / deviation).clamp(-FAR, FAR)
    density, beyond = _normal(z), log_ndtr(-z).exp()
    hazard = density / beyond
    slips, pull = _read_below(seen, expected, edge, deviation)
    level = (density - pull) / (beyond - slips).clamp(min=1e-30)
    clipped = seen.signal >= edge  # not by the mask: a simulator's knows full wells
    gap = (seen.signal - expected) / deviation
    slope = seen.exposure / deviation
    return Censored(
        score=slope * torch.where(clipped, level, gap),
        information=slope**2 * (ndtr(z) + density * (hazard - z)),
        bend=slope**3 * density * (1 - z * (hazard - z)),
        contradicts=torch.where(clipped, z > SURE, gap < -SURE),
    )


def with_clipped(
    bracket: Sequence[Observation],
    believed: Sequence[Bool[Tensor, "b 1 h w"]],
    used: Sequence[Bool[Tensor, "b 1 h w"]],
    estimate: Float[Tensor, "b c h w"],
    information: Float[Tensor, "b c h w"],
) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"], list[Tensor]]:
    """Estimate and information with the samples that `believable` left out, and their shares.

    believed: of `believable`. used: what deghosting left of it. estimate, information: of `used`,
        both are kept wherever nothing better is found. The third result is the information that
        each frame adds.

    One step of scoring from the light s0 of the surroundings: s = s0 + U(s0) / I(s0), the sums of
    scores and information of all frames. At the true light it has the variance 1 / I, the
    Cramer-Rao bound. An s0 of variance v0 makes it short by B v0 / 2 I, B the sum of the bends,
    which is added. s0 knows nothing of the sample's own noise, so the mean stays. An estimate from
    the own samples alone cannot do that: unbiased at any light, it loses up to 5 dB here.

    Only where the surroundings are flat (`surroundings`), where the samples of a frame around,
    all together, agree with the other frames, and where the own samples are within SURE deviations
    of what the surroundings expect. Where no frame was measured without doubt there is nothing to
    start from, and nothing changes.

    Source: Rao 1973, Linear Statistical Inference, 5g (scoring); Lehmann and Casella 1998, Theory
    of Point Estimation, 2.1 (locally minimum variance unbiased estimates).
    """
    doubted = [_doubted(bracket, believed, i) for i in range(len(bracket))]
    added = [torch.zeros_like(estimate) for _ in bracket]
    start, start_information = estimate, information
    known = information > 0
    if not any(bool((doubt & known).any()) for doubt in doubted):
        return estimate, information, added
    agreed: list[Tensor] = []
    period = bracket[0].period
    is_wide = surroundings(start, start_information, period, WIDE)[2]
    is_flat = is_wide | surroundings(start, start_information, period, NARROW)[2]
    for _ in range(ROUNDS):
        wide = surroundings(estimate, information, period, WIDE)
        narrow = surroundings(estimate, information, period, NARROW)
        light, variance = (
            torch.where(is_wide, w, n) for w, n in zip(wide[:2], narrow[:2], strict=True)
        )
        told = [censored(seen, light) for seen in bracket]
        if not agreed:
            agreed = [
                doubt & _known(seen, light, variance) & _agrees(one, doubt, variance, period)
                for one, doubt, seen in zip(told, doubted, bracket, strict=True)
            ]
        score, total = _plain(bracket, used, light)
        surprise = (start - light) ** 2 > SURE**2 * (1 / start_information + variance)
        bend, wrong, any_frame = torch.zeros_like(total), surprise, torch.zeros_like(known)
        for one, here in zip(told, agreed, strict=True):
            score = score + torch.where(here, one.score, 0.0)
            total = total + torch.where(here, one.information, 0.0)
            bend = bend + torch.where(here, one.bend, 0.0)
            wrong = wrong | (here & one.contradicts)
            any_frame = any_frame | here
        better = any_frame & known & is_flat & ~wrong
        sure = torch.where(better, total, 1.0)
        step = (score + bend * variance / 2) / sure
        estimate = torch.where(better, light + step, start)
        information = torch.where(better, total, start_information)
        added = [
            torch.where(better & here, one.information, 0.0)
            for one, here in zip(told, agreed, strict=True)
        ]
    return estimate, information, added


def _doubted(bracket: Sequence[Observation], believed: Sequence[Tensor], i: int) -> Tensor:
    """Samples of frame i, seen or saturated, that were left to shorter exposures."""
    seen = bracket[i]
    if seen.trust is not None:
        return torch.zeros_like(seen.measured)
    shorter = torch.zeros_like(seen.measured)
    for other, here in zip(bracket, believed, strict=True):
        shorter = shorter | (here & (other.exposure < SHORTER * seen.exposure))
    return (seen.measured | seen.saturated) & ~believed[i] & ~seen.generated & shorter


def _plain(
    bracket: Sequence[Observation], used: Sequence[Tensor], light: Tensor
) -> tuple[Tensor, Tensor]:
    """Score and information of the samples far from their limits."""
    score, total = torch.zeros_like(light), torch.zeros_like(light)
    for seen, here in zip(bracket, used, strict=True):
        expected = seen.exposure * light
        weight = torch.where(here, seen.exposure / seen.noise.variance(expected), 0.0)
        score = score + weight * torch.where(here, seen.signal - expected, 0.0)
        total = total + weight * seen.exposure
    return score, total


def _known(seen: Observation, light: Tensor, variance: Tensor) -> Bool[Tensor, "b c h w"]:
    """Whether the light of the surroundings is known so well that one step from it is enough."""
    return seen.exposure**2 * variance < VAGUE * seen.noise.variance(seen.exposure * light)


def _agrees(
    told: Censored, here: Tensor, variance: Tensor, period: tuple[int, int]
) -> Bool[Tensor, "b c h w"]:
    """Whether a frame's scores around a pixel add up to what chance explains.

    Their sum has the variance I of all, and I^2 v0 of the light at which they were taken.
    """
    score = sum_of_others(torch.where(here, told.score, 0.0), period, NARROW)
    total = sum_of_others(torch.where(here, told.information, 0.0), period, NARROW)
    return score**2 <= SURE**2 * (total + total**2 * variance)


def _read_below(
    seen: Observation, expected: Tensor, edge: Tensor, deviation: Tensor
) -> tuple[Tensor, Tensor]:
    """Probability that a full well is read below the edge, and its part of the mean gap."""
    if seen.well is None:
        return torch.zeros_like(expected), torch.zeros_like(expected)
    read = seen.noise.variance(torch.zeros_like(expected)).sqrt()
    full = ndtr((expected - seen.well) / expected.clamp(min=1.0).sqrt())
    far = ((seen.well - edge) / read).clamp(max=2 * FAR)
    slips = full * ndtr(-far)
    return slips, (slips * (seen.well - expected) - full * read * _normal(far)) / deviation


def _normal(z: Tensor) -> Tensor:
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
