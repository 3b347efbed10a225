"""Deghosting: samples that contradict the reference frame by more than noise explains."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.errors import UsageError
from isp.core.stage import dilate
from isp.merge.estimate import combine
from isp.merge.observation import Observation

RADIUS = 2  # of the square that is tested together
BOUND = 3.0  # deviations: a clipped sample says that there was at least the limit less these


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consistency:
    """Which samples agree with the reference.

    used: per frame. rejected: share of each frame's usable samples that were rejected.
    noise_scale: per frame, how many times larger than its noise the typical difference is.
    """

    used: list[Bool[Tensor, "b 1 h w"]]
    rejected: list[float]
    noise_scale: list[float]


def consistent(
    bracket: Sequence[Observation],
    used: Sequence[Bool[Tensor, "b 1 h w"]],
    reference: int,
    false_rejections: float = 1e-3,
) -> Consistency:
    """Reject the samples that contradict the reference, frame after frame from its exposure on.

    false_rejections: largest share of a still scene's samples that may be rejected, per frame.

    Under "nothing moved", z = (y_i / a_i - s) / sqrt(V_i / a_i^2 + V_s) has variance 1, s being
    what reference and frames accepted so far say, V at the signal of both. Over the (2 r + 1)^2
    square around a pixel, Z = sum z / sqrt(n) is standard normal; |Z| > k with
    2 (1 - Phi(k)) = false_rejections / (2 r + 1)^2 rejects the whole square, so that by the union
    bound no pixel is rejected wrongly more often than asked. Where the reference is saturated,
    the scene is at least its limit: a frame that says less contradicts it. Differences that are
    typically larger than noise explains (a wrong response, a hand's tremor) count relative to
    their median.

    Raises UsageError for a share outside 0..1.
    """
    if not 0 < false_rejections < 1:
        raise UsageError(f"a share of false rejections is in 0..1, got {false_rejections:g}")
    side = 2 * RADIUS + 1
    threshold = threshold_of(false_rejections / side**2)
    result = [torch.zeros_like(mask) for mask in used]
    result[reference] = used[reference]
    rejected, scales = [0.0] * len(bracket), [1.0] * len(bracket)
    for i in _nearest_first(bracket, reference):
        score, tested, has = _disagreement(bracket, result, used[i], i, reference, side)
        typical = score.abs()[tested & has]
        if typical.numel():
            scales[i] = max(1.0, float(typical.median()) / 0.6745)  # of a normal's |z|
        wrong = dilate(tested & (score.abs() > threshold * scales[i]), RADIUS) & tested
        result[i] = used[i] & ~wrong
        rejected[i] = float(wrong.sum() / used[i].sum().clamp(min=1))
    return Consistency(used=result, rejected=rejected, noise_scale=scales)


def threshold_of(two_sided: float) -> float:
    """Deviations that a normal variate exceeds, on either side, with that probability.

    >>> round(threshold_of(0.05), 2)
    1.96
    """
    return -float(torch.special.ndtri(torch.tensor(two_sided / 2, dtype=torch.float64)))


def _nearest_first(bracket: Sequence[Observation], reference: int) -> list[int]:
    def distance(i: int) -> float:
        return abs(math.log(float(bracket[i].exposure[0] / bracket[reference].exposure[0])))

    return sorted((i for i in range(len(bracket)) if i != reference), key=distance)


def _disagreement(
    bracket: Sequence[Observation],
    accepted: Sequence[Tensor],
    usable: Bool[Tensor, "b 1 h w"],
    i: int,
    reference: int,
    side: int,
) -> tuple[Float[Tensor, "b 1 h w"], Bool[Tensor, "b 1 h w"], Bool[Tensor, "b 1 h w"]]:
    """Z of the square around each pixel, where it means anything, and where light was known."""

    def variance(seen: Observation, expected: Tensor) -> Tensor:
        return seen.noise.within(expected, side)

    seen, anchor = bracket[i], bracket[reference]
    light = seen.signal / seen.exposure
    known_light, known = combine(bracket, accepted, rounds=2, variance=variance)
    has = (known > 0).all(dim=1, keepdim=True)
    own = seen.exposure**2 / variance(seen, seen.exposure * known_light)
    both = (own * light + known * known_light) / (own + known).clamp(min=1e-30)
    offset = anchor.noise.offset * (1 / seen.exposure - 1 / anchor.exposure) ** 2
    spread = variance(seen, seen.exposure * both) / seen.exposure**2 + offset
    z = (light - known_light) / torch.sqrt(spread + 1 / known.clamp(min=1e-30))
    bound, bound_doubt = _least_light(anchor)
    below = ((light - bound) / torch.sqrt(spread + bound_doubt)).clamp(max=0)
    is_bound = anchor.saturated & ~has
    tested = usable & (has | is_bound)
    z = torch.where(tested, torch.where(has, z, below), 0.0)
    total, count = _square_sum(z, side), _square_sum(tested.float(), side) * z.shape[1]
    return total / count.clamp(min=1).sqrt(), tested, has


def _least_light(seen: Observation) -> tuple[Tensor, Tensor]:
    """What light a saturated sample means at least, and the variance of the limit."""
    variance = seen.noise.variance(seen.limit.expand(-1, seen.signal.shape[1], 1, 1))
    return (seen.limit - BOUND * variance.sqrt()) / seen.exposure, variance / seen.exposure**2


def _square_sum(values: Float[Tensor, "b c h w"], side: int) -> Float[Tensor, "b 1 h w"]:
    """Sum over a square and over all channels; beyond the border there is nothing."""
    plane = values.sum(dim=1, keepdim=True)
    return F.avg_pool2d(plane, side, stride=1, padding=side // 2) * side**2
