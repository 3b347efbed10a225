"""Deghosting: samples that contradict the reference frame by more than noise explains."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.errors import UsageError
from isp.core.stage import dilate
from isp.merge.estimate import combine
from isp.merge.observation import Observation
from isp.merge.relation import relation
from isp.merge.saturation import CLEAR

MEDIAN_OF_NORMAL = 0.6745  # of its absolute value
RADIUS = 2  # of the square that is tested together
SYSTEMATIC = 0.03  # of the light, between raw frames: shutters, flicker, non-linearity
SYSTEMATIC_PICTURES = 0.25  # the response of a picture is often not known
QUIET = 0.05  # share of the squares that surely shows nothing but noise
MOST = 0.5  # of what both measured: a frame that contradicts more shows another scene
BOUND = 3.0  # deviations: a clipped sample says that there was at least the limit less these


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consistency:
    """Which samples agree with the reference.

    used: per frame. rejected: share of each frame's usable samples that were rejected.
    contradicted: share of those that contradict what is known of the light there, of the samples
        neither near the floor nor near their limit, before any frame is left out whole.
    noise_scale: per frame, how many times larger than its noise the typical difference is.
    left_out: indices of frames that contradict the reference in most places, in any image of the
        batch; nothing of them is used there.
    """

    used: list[Bool[Tensor, "b 1 h w"]]
    rejected: list[float]
    noise_scale: list[float]
    contradicted: list[float] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)


def consistent(
    bracket: Sequence[Observation],
    used: Sequence[Bool[Tensor, "b 1 h w"]],
    reference: int,
    false_rejections: float = 1e-3,
    *,
    fitted: bool = False,
) -> Consistency:
    """Reject the samples that contradict the reference, frame after frame from its exposure on.

    false_rejections: largest share of a still scene's samples that may be rejected, per frame.
    fitted: the exposures are those that the frames themselves show. Pictures' frames are then held
        against what they usually show at each light (`isp.merge.relation`), as by a response that
        is not the camera's every exposure shows another light; k then grows by all of
        SYSTEMATIC_PICTURES, for what one curve for all colours leaves.

    Under "nothing moved", z = (y_i / a_i - s) / sqrt(V_i / a_i^2 + V_s) has variance 1, s being
    what reference and frames accepted so far say, V at the signal of both. Over the (2 r + 1)^2
    square around a pixel, Z = sum z / sqrt(n) is standard normal; |Z| > k with
    2 (1 - Phi(k)) = false_rejections / (2 r + 1)^2 rejects the whole square, so that by the union
    bound no pixel is rejected wrongly more often than asked. Where the reference is saturated,
    the scene is at least its limit: a frame that says less contradicts it.

    Two things besides motion make differences larger than noise explains, and raise k. Noise that
    is larger than stated shows within squares, in the quietest of them too: k grows by that
    factor (`_noise_scale`). A wrong exposure or response is a difference in proportion to the
    light: k grows as far as the median of |Z| asks, but by no more than SYSTEMATIC of the light
    makes (of pictures SYSTEMATIC_PICTURES), so that motion in most of the picture does not hide
    itself. A frame of which over MOST is rejected, of what both measured, shows another scene, or
    its exposure is wrong: nothing of it is used, and `left_out` names it.

    Raises UsageError for a share outside 0..1.
    """
    images = len(bracket[reference].exposure)
    if images > 1:
        return _joined(
            [
                consistent(
                    [seen.image(i) for seen in bracket],
                    [mask[i : i + 1] for mask in used],
                    reference,
                    false_rejections,
                    fitted=fitted,
                )
                for i in range(images)
            ]
        )
    if not 0 < false_rejections < 1:
        raise UsageError(f"a share of false rejections is in 0..1, got {false_rejections:g}")
    side = 2 * RADIUS + 1
    threshold = threshold_of(false_rejections / side**2)
    result = [torch.zeros_like(mask) for mask in used]
    result[reference] = used[reference]
    rejected, scales = [0.0] * len(bracket), [1.0] * len(bracket)
    contradicted = [0.0] * len(bracket)
    left_out = []
    for i in _nearest_first(bracket, reference):
        squares = _disagreement(bracket, result, used[i], i, reference, side, fitted)
        size, tested, has = squares.score.abs(), squares.tested, squares.has
        noise = max(1.0, squares.noise_scale)
        typical = size[tested & has]
        if typical.numel():
            scales[i] = max(noise, float(typical.median()) / MEDIAN_OF_NORMAL)
        bent = fitted and bracket[i].trust is not None
        share = SYSTEMATIC if bracket[i].trust is None else SYSTEMATIC_PICTURES
        systematic = share * squares.of_light
        if not bent:
            systematic = systematic.clamp(max=threshold * (scales[i] - noise))
        wrong = dilate(tested & (size > threshold * noise + systematic), RADIUS) & tested
        # A bound is met by most light: it counts only where nothing better is known.
        judged = tested & has if bool((tested & has).any()) else tested
        contradicted[i] = _share(wrong, judged & _well_inside(bracket[i]))
        if float((wrong & judged).sum()) > MOST * float(judged.sum()):
            wrong = used[i]
            left_out.append(i)
        result[i] = used[i] & ~wrong
        rejected[i] = float(wrong.sum() / used[i].sum().clamp(min=1))
    return Consistency(
        used=result, rejected=rejected, noise_scale=scales, contradicted=contradicted,
        left_out=sorted(left_out),
    )  # fmt: skip


def every_sample(used: Sequence[Bool[Tensor, "b 1 h w"]]) -> Consistency:
    """What is used where nothing is tested: everything usable."""
    none = [0.0] * len(used)
    return Consistency(
        used=list(used), rejected=none, noise_scale=[1.0] * len(used), contradicted=none
    )


def _share(wrong: Tensor, of: Tensor) -> float:
    return float((wrong & of).sum() / of.sum().clamp(min=1))


def _well_inside(seen: Observation) -> Tensor:
    return seen.measured if seen.trust is None else seen.measured & (seen.trust > CLEAR)


def _joined(images: Sequence[Consistency]) -> Consistency:
    """Those of the images of a batch, as one: mean rejections, largest scales."""

    def each(name: str) -> list[tuple[float, ...]]:
        return list(zip(*(getattr(image, name) for image in images), strict=True))

    masks = zip(*(image.used for image in images), strict=True)
    return Consistency(
        used=[torch.cat(mask) for mask in masks],
        rejected=[sum(shares) / len(images) for shares in each("rejected")],
        noise_scale=[max(scales) for scales in each("noise_scale")],
        contradicted=[max(shares) for shares in each("contradicted")],
        left_out=sorted({i for image in images for i in image.left_out}),
    )


def threshold_of(two_sided: float) -> float:
    """Deviations that a normal variate exceeds, on either side, with that probability.

    >>> round(threshold_of(0.05), 2)
    1.96
    """
    return -float(torch.special.ndtri(torch.tensor(two_sided / 2, dtype=torch.float64)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Squares:
    """The square around each pixel, held against what is known there.

    score: Z. of_light: the Z that a difference as large as the light would have. tested: where Z
    means anything; has: where light was known, and not only a bound.
    noise_scale: see `_noise_scale`.
    """

    score: Float[Tensor, "b 1 h w"]
    of_light: Float[Tensor, "b 1 h w"]
    tested: Bool[Tensor, "b 1 h w"]
    has: Bool[Tensor, "b 1 h w"]
    noise_scale: float


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
    fitted: bool,
) -> _Squares:
    """How far the squares of frame i depart from what the accepted samples say."""

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
    doubt = torch.sqrt(spread + 1 / known.clamp(min=1e-30))
    bound, bound_doubt = _least_light(anchor)
    usual = known_light
    if fitted and seen.trust is not None:
        bent = relation(known_light, light, usable & has)
        usual, bound = bent.usual(known_light), bent.usual(bound)
    z = (light - usual) / doubt
    below = ((light - bound) / torch.sqrt(spread + bound_doubt)).clamp(max=0)
    is_bound = anchor.saturated & ~has
    tested = usable & (has | is_bound)
    z = torch.where(tested, torch.where(has, z, below), 0.0)
    lit = torch.where(has, known_light / doubt, bound / torch.sqrt(spread + bound_doubt))
    lit = torch.where(tested, lit.clamp(min=0), 0.0)
    count = _square_sum(tested.float(), side) * z.shape[1]
    root = count.clamp(min=1).sqrt()
    return _Squares(
        score=_square_sum(z, side) / root,
        of_light=_square_sum(lit, side) / root,
        tested=tested,
        has=has,
        noise_scale=_noise_scale(torch.where(has, z, 0.0), tested & has, side),
    )


def _noise_scale(z: Tensor, tested: Bool[Tensor, "b 1 h w"], side: int) -> float:
    """How many times larger than stated the noise is, by the scatter within the quietest squares.

    Of n - 1 degrees of freedom the scatter's QUIET quantile is known; what moves as a whole does
    not change it, and texture that moves is not in the quietest squares.
    """
    n = side**2 * z.shape[1]
    total, squares = _square_sum(z, side), _square_sum(z**2, side)
    whole = _square_sum(tested.float(), side) * z.shape[1] > n - 0.5
    scatter = ((squares - total**2 / n) / (n - 1))[whole]
    if scatter.numel() < side**2 / QUIET:
        return 1.0
    least = torch.sort(scatter).values[int(QUIET * scatter.numel())]
    expected = _chi_square_quantile(QUIET, n - 1) / (n - 1)
    return math.sqrt(max(0.0, float(least)) / expected)


def _chi_square_quantile(share: float, freedom: int) -> float:
    """Value below which chi^2 lies with that probability; within 0.2 % from 20 degrees on.

    Source: Wilson and Hilferty 1931, PNAS 17(12).
    """
    part = 2 / (9 * freedom)
    z = float(torch.special.ndtri(torch.tensor(share, dtype=torch.float64)))
    return freedom * (1 - part + z * math.sqrt(part)) ** 3


def _least_light(seen: Observation) -> tuple[Tensor, Tensor]:
    """What light a saturated sample means at least, and the variance of the limit."""
    variance = seen.noise.variance(seen.limit.expand(-1, seen.signal.shape[1], 1, 1))
    return (seen.limit - BOUND * variance.sqrt()) / seen.exposure, variance / seen.exposure**2


def _square_sum(values: Float[Tensor, "b c h w"], side: int) -> Float[Tensor, "b 1 h w"]:
    """Sum over a square and over all channels; beyond the border there is nothing."""
    plane = values.sum(dim=1, keepdim=True)
    return F.avg_pool2d(plane, side, stride=1, padding=side // 2) * side**2
