"""What a long exposure near its limit still tells: samples seen, and that others were not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.special import log_ndtr, ndtr

from isp.merge.areas import areas
from isp.merge.neighbours import flat_around, sum_of_others, surroundings
from isp.merge.observation import Observation
from isp.merge.saturation import SHORTER

RADII = (14, 7, 3)  # periods to each side, the widest that is flat: 840, 224 or 48 neighbours
WIDEST, NARROW = RADII[0], RADII[-1]
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
    P(full) F(-(well - edge) / read) a full sample is read below the edge. There a sample is of
    light or of a full well, by their densities; of the latter it scores the slope of log P(full).
    Taken for light, which it lies many deviations below, 1 in 700 of them doubles the variance.

    Source: Tobin 1958, Econometrica 26(1) (a limited dependent variable); Amemiya 1973,
    Econometrica 41(6), section 3.
    """
    expected = seen.exposure * light
    deviation = seen.noise.variance(expected).sqrt()
    edge = seen.limit if seen.edge is None else seen.edge
    z = ((edge - expected) / deviation).clamp(-FAR, FAR)
    density, beyond = _normal(z), log_ndtr(-z).exp()
    hazard = density / beyond
    gap = (seen.signal - expected) / deviation
    slope = seen.exposure / deviation
    full = _full_wells(seen, expected, deviation, edge)
    level = (density - full.grows * full.slips) / (beyond - full.slipped).clamp(min=1e-30)
    clipped = seen.signal >= edge  # not by the mask: a simulator's knows full wells
    below = torch.lerp(gap, full.score, full.share)
    hidden = density * z.clamp(max=0) ** 2 * full.hides
    return Censored(
        score=slope * torch.where(clipped, level, below),
        information=slope**2 * (ndtr(z) + density * (hazard - z) - hidden),
        bend=slope**3 * density * (1 - z * (hazard - z)),
        contradicts=torch.where(clipped, z > SURE, (gap < -SURE) & (full.share < 0.5)),
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
    doubted = [_doubted(bracket, believed, i, estimate, information) for i in range(len(bracket))]
    added = [torch.zeros_like(estimate) for _ in bracket]
    better, surer = estimate.clone(), information.clone()
    places = torch.stack(doubted).any(dim=0) & (information > 0)
    # Flatness looks twice as far; of other areas' improvements, which are further, nothing is used.
    for area in areas(places, bracket[0].period, apart=WIDEST, margin=2 * WIDEST):
        outer, inner = (..., *area.outer), (..., *area.inner)
        refined = _refined(
            [seen.crop(*area.outer) for seen in bracket],
            [mask[outer] for mask in doubted],
            [mask[outer] for mask in used],
            estimate[outer],
            information[outer],
        )
        here = (..., *area.inner_of_outer)
        better[inner], surer[inner] = refined[0][here], refined[1][here]
        for whole, part in zip(added, refined[2], strict=True):
            whole[inner] = part[here]
    return better, surer, added


def _refined(
    bracket: Sequence[Observation],
    doubted: Sequence[Bool[Tensor, "b c h w"]],
    used: Sequence[Bool[Tensor, "b 1 h w"]],
    start: Float[Tensor, "b c h w"],
    start_information: Float[Tensor, "b c h w"],
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """`with_clipped`, of one area."""
    period, known = bracket[0].period, start_information > 0
    asked = [i for i, doubt in enumerate(doubted) if bool(doubt.any())]
    added = [torch.zeros_like(start) for _ in bracket]
    agreed: dict[int, Tensor] = {}
    estimate, information = start, start_information
    flat = [flat_around(start, start_information, period, radius) for radius in RADII]
    for _ in range(ROUNDS):
        light, variance = _light_around(estimate, information, period, flat)
        told = {i: censored(bracket[i], light) for i in asked}
        if not agreed:
            agreed = {
                i: doubted[i]
                & _known(bracket[i], light, variance)
                & _agrees(one, doubted[i], variance, period)
                for i, one in told.items()
            }
        score, total = _plain(bracket, used, light)
        wrong = (start - light) ** 2 > SURE**2 * (1 / start_information + variance)
        bend, any_frame = torch.zeros_like(total), torch.zeros_like(known)
        for i, one in told.items():
            here = agreed[i]
            score = score + torch.where(here, one.score, 0.0)
            total = total + torch.where(here, one.information, 0.0)
            bend = bend + torch.where(here, one.bend, 0.0)
            wrong = wrong | (here & one.contradicts)
            any_frame = any_frame | here
        better = any_frame & known & torch.stack(flat).any(dim=0) & ~wrong
        sure = torch.where(better, total, 1.0)
        step = (score + bend * variance / 2) / sure
        estimate = torch.where(better, light + step, start)
        information = torch.where(better, total, start_information)
        for i, one in told.items():
            added[i] = torch.where(better & agreed[i], one.information, 0.0)
    return estimate, information, added


def _light_around(
    estimate: Tensor, information: Tensor, period: tuple[int, int], flat: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """Light of the surroundings and its variance, from the widest of RADII that is flat."""
    light, variance = surroundings(estimate, information, period, NARROW)
    for radius, is_flat in list(zip(RADII, flat, strict=True))[-2::-1]:
        wider = surroundings(estimate, information, period, radius)
        light, variance = (
            torch.where(is_flat, w, n) for w, n in zip(wider, (light, variance), strict=True)
        )
    return light, variance


def _doubted(
    bracket: Sequence[Observation],
    believed: Sequence[Tensor],
    i: int,
    estimate: Tensor,
    information: Tensor,
) -> Bool[Tensor, "b c h w"]:
    """Samples of frame i, seen or saturated, that were left to shorter exposures.

    Without those of light that is certainly beyond all that the frame can tell.
    """
    seen = bracket[i]
    if seen.trust is not None:
        return torch.zeros_like(estimate, dtype=torch.bool)
    shorter = torch.zeros_like(seen.measured)
    for other, here in zip(bracket, believed, strict=True):
        shorter = shorter | (here & (other.exposure < SHORTER * seen.exposure))
    doubt = information.clamp(min=1e-30).rsqrt()
    variance = seen.noise.variance(seen.limit.expand_as(seen.signal))
    least = seen.exposure * (estimate - SURE * doubt)
    within = least < seen.limit + FAR * variance.sqrt()
    return (seen.measured | seen.saturated) & ~believed[i] & ~seen.generated & shorter & within


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _FullWells:
    """Full wells that are read below the edge.

    slips: probability that a full well is. slipped: that a sample is full, and is. grows: slope of
    P(full), score: of its logarithm, both by the light in deviations. share: probability that this
    sample, seen below the edge, is one. hides: width below the edge, in deviations of light, in
    which most are.
    """

    slips: Tensor
    slipped: Tensor
    grows: Tensor
    score: Tensor
    share: Tensor
    hides: Tensor


def _full_wells(seen: Observation, expected: Tensor, deviation: Tensor, edge: Tensor) -> _FullWells:
    if seen.well is None:
        none = torch.zeros_like(expected)
        return _FullWells(
            slips=none, slipped=none, grows=none, score=none, share=none, hides=none
        )  # fmt: skip
    read = seen.noise.variance(torch.zeros_like(expected)).sqrt()
    shot = expected.clamp(min=1.0).sqrt()
    over = ((expected - seen.well) / shot).clamp(-FAR, FAR)
    far = ((seen.well - edge) / read).clamp(max=2 * FAR)
    slips, full = ndtr(-far), log_ndtr(over)
    grows = _normal(over) * deviation / shot
    # Logarithms of the two densities, without their common sqrt(2 pi).
    of_full = full - ((seen.signal - seen.well) / read) ** 2 / 2 - read.log()
    of_light = -(((seen.signal - expected) / deviation) ** 2) / 2 - deviation.log()
    at_edge = -(((edge - expected) / deviation) ** 2) / 2 - deviation.log()
    reach = torch.sqrt(2 * (full - read.log() - at_edge).clamp(min=0))  # where both are alike
    return _FullWells(
        slips=slips,
        slipped=full.exp() * slips,
        grows=grows,
        score=grows / full.exp(),
        share=torch.sigmoid(of_full - of_light),
        hides=((reach - far).clamp(min=0) * read / deviation).clamp(max=1.0),
    )


def _normal(z: Tensor) -> Tensor:
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
