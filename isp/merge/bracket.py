"""Merge a bracket: noise-optimal, safe at saturation, without ghosts, with the variance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.merge.agreement import agreed_exposures
from isp.merge.alignment import Shift, moved_back, shifts_of
from isp.merge.copies import copies
from isp.merge.estimate import best_estimate, weight_shares
from isp.merge.exposures import Exposures
from isp.merge.near_limit import with_clipped
from isp.merge.observation import Observation, observe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """What a bracket says of the scene, on the scale of its reference.

    frame: in the frames' domain, with masks; shot and profile are the reference's.
    variance: of each value, in the frame's unit squared. Where nothing was measured the value is
        a bound, and the variance that of the frame it was taken from.
    exposures: what was used, and what metadata and the frames themselves say.
    shares: of the frames in the merged picture. rejected, noise_scale, left_out: see
        `Consistency`.
    shifts: rows and columns that each frame's scene lay further down and right, [frame][image],
        and was moved back by; None where alignment was not asked for.
    """

    frame: Frame
    variance: Float[Tensor, "b c h w"]
    reference: int
    exposures: Exposures
    shares: list[float]
    rejected: list[float]
    noise_scale: list[float]
    left_out: list[int]
    shifts: list[list[Shift]] | None = None


def merge(
    frames: Sequence[Frame],
    *,
    response: Response | None = None,
    exposures: Sequence[float] | None = None,
    measure_exposures: bool | None = False,
    noted_by: str = "metadata",
    reference: int | None = None,
    align: bool = False,
    deghost: bool = True,
    false_rejections: float = 1e-3,
    last_code: int = 255,
) -> Merged:
    """Merge frames of one scene, of one size, into one frame on the reference's scale.

    frames: MOSAIC, before white balance, of a sensor whose gain and noise are known; or pictures
        reopened as LINEAR by their `response`, which has `last_code` + 1 codes.
    exposures: light gathered by each, in any unit, in place of the shots' time, f-number and (of
        pictures) ISO. measure_exposures: take what the frames themselves say; it is taken too
        where neither exposures nor times are given. None: take it where much of a frame would
        contradict the others otherwise, see `isp.merge.agreement`. noted_by: who noted the shots'
        times, for the record: `given` where a user did.
    reference: index of the frame whose scale is taken and whose moving things stay; by default
        the one with the most samples measured well.
    align: move frames onto the reference first, by whole periods of the mosaic, see
        `isp.merge.alignment`; what lies outside a frame is unmeasured in it.
    deghost: reject what contradicts the reference, in a still scene at most `false_rejections`
        of a frame's samples; a frame that contradicts it in most places is left out whole.

    Estimate and weights: `isp.merge.estimate`. Near saturation: `isp.merge.saturation.believable`,
    and in flat areas `isp.merge.near_limit`. A pixel that no frame measured is the shortest frame's
    bound, unmeasured and clipped as that frame was; one that the shortest lost to the floor is
    the longest's. The variance is temporal noise: fixed patterns are alike in all frames.

    Raises FrameError (also for a frame given twice, see `isp.merge.copies`: which exposure is
    missing only its owner knows), DomainError, ProfileError, UsageError, CalibrationError where
    exposures have to be measured and the frames have too little in common.
    """
    _fit(frames, reference, exposures)
    one = torch.ones(len(frames[0].data))
    bracket = [observe(frame, one, response, last_code) for frame in frames]
    reference = best_exposed(bracket) if reference is None else reference
    shifts = shifts_of(bracket, reference) if align else None
    if shifts is not None:
        frames = [moved_back(frame, by) for frame, by in zip(frames, shifts, strict=True)]
        bracket = [observe(frame, one, response, last_code) for frame in frames]
    fit = agreed_exposures(
        frames, bracket, reference, exposures, measure=measure_exposures, noted_by=noted_by,
        deghost=deghost, false_rejections=false_rejections,
    )  # fmt: skip
    light, bracket, used, agreed = fit.exposures, fit.bracket, fit.believed, fit.consistency
    signal, information = best_estimate(bracket, agreed.used)
    signal, information, told = with_clipped(bracket, used, agreed.used, signal, information)
    shares = weight_shares(bracket, agreed.used, signal, told)
    parameters: dict[str, Any] = {
        "frames": len(frames), "reference": reference, "exposures": light.used.tolist(),
        "exposures_from": light.source, "deghost": deghost, "rejected": agreed.rejected,
        "left_out": agreed.left_out,
        "saturation": (1 / light.used.amin(dim=1)).tolist(),
    }  # fmt: skip
    if light.thrown_away is not None and light.nominal is not None:
        parameters["exposures_stated"] = light.nominal.tolist()
    parameters |= {} if shifts is None else {"shifts": shifts}
    frame, variance = _frame(
        frames[reference], bracket, reference, agreed.used, signal, information
    )
    return Merged(
        frame=frame.advance("merge", parameters),
        variance=variance,
        reference=reference,
        exposures=light,
        shares=shares,
        rejected=agreed.rejected,
        noise_scale=agreed.noise_scale,
        left_out=agreed.left_out,
        shifts=shifts,
    )


def best_exposed(bracket: Sequence[Observation]) -> int:
    """Index of the frame with the most samples that are measured and above 3 deviations."""

    def count(seen: Observation) -> int:
        clear = seen.signal > 3 * seen.noise.variance(seen.signal).sqrt()
        return int((seen.measured & clear).sum())

    return max(range(len(bracket)), key=lambda i: count(bracket[i]))


def _frame(
    chosen: Frame,
    bracket: Sequence[Observation],
    reference: int,
    used: Sequence[Tensor],
    signal: Tensor,
    information: Tensor,
) -> tuple[Frame, Tensor]:
    """The estimate with its masks, on the scale of the reference's domain."""
    measured = torch.stack(list(used)).any(dim=0)
    generated = torch.stack([seen.generated & m for seen, m in zip(bracket, used, strict=True)])
    value, variance, clipped, invented = _bound(bracket)
    unit = bracket[reference].unit
    lit = information > 0
    merged_variance = torch.where(lit, 1 / torch.where(lit, information, 1.0), variance)
    frame = replace(
        chosen,
        data=torch.where(measured, signal, value) / unit,
        measured=measured,
        clipped=clipped & ~measured,
        generated=torch.where(measured, generated.any(dim=0), invented),
    )
    return frame, torch.where(measured, merged_variance, variance) / unit**2


def _bound(bracket: Sequence[Observation]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Signal, variance, clipped and generated of the shortest frame, or of the longest in the dark.

    Of those that say anything there: beyond the border of a frame that was moved it is the next.
    A sample lost to the floor of the shortest is better known from the longest. Which frames these
    are is each image's own question.
    """
    exposures = torch.cat([seen.exposure.flatten(1) for seen in bracket], dim=1)  # (b, n)
    ranked = exposures.argsort(dim=1, stable=True)
    tells = [seen.measured | seen.clipped for seen in bracket]

    def of(values: Sequence[Tensor], frame: Tensor) -> Tensor:
        images = torch.stack(list(values), dim=1)  # (b, n, c, h, w)
        return images[torch.arange(len(images), device=images.device), frame]

    def first(values: Sequence[Tensor], order: Tensor) -> Tensor:
        result = of(values, order[:, 0])
        for frame in order.unbind(dim=1)[::-1]:
            result = torch.where(of(tells, frame), of(values, frame), result)
        return result

    shortest_first, longest_first = ranked, ranked.flip(1)
    saturated, clipped = [seen.saturated for seen in bracket], [seen.clipped for seen in bracket]
    dark = (
        first(clipped, shortest_first)
        & ~first(saturated, shortest_first)
        & ~first(saturated, longest_first)
    )
    every = (
        [seen.signal / seen.exposure for seen in bracket],
        [seen.noise.variance(seen.signal) / seen.exposure**2 for seen in bracket],
        clipped,
        [seen.generated for seen in bracket],
    )
    light, variance, lost, generated = (
        torch.where(dark, first(values, longest_first), first(values, shortest_first))
        for values in every
    )
    return light, variance, lost, generated


def _fit(frames: Sequence[Frame], reference: int | None, exposures: Sequence[float] | None) -> None:
    if not frames:
        raise UsageError("a bracket has at least one frame")
    shapes = {tuple(frame.data.shape) for frame in frames}
    domains = {frame.domain for frame in frames}
    for first, again in copies(frames):
        raise FrameError(
            f"frames {first + 1} and {again + 1} are the same to the bit; name an exposure once"
        )
    if len(shapes) > 1 or len(domains) > 1:
        said: Any = sorted(shapes) if len(shapes) > 1 else sorted(d.name for d in domains)
        raise FrameError(f"the frames of a bracket are of one size and domain, not {said}")
    patterns = {frame.profile.cfa for frame in frames if frame.profile is not None}
    if domains == {Domain.MOSAIC} and len(patterns) > 1:
        raise FrameError(f"the frames are of several mosaics: {sorted(p.name for p in patterns)}")
    if reference is not None and not 0 <= reference < len(frames):
        raise UsageError(f"the reference is one of frames 1 to {len(frames)}, not {reference + 1}")
    if exposures is not None and (
        len(exposures) != len(frames) or not all(0 < e < float("inf") for e in exposures)
    ):
        raise UsageError(
            f"{len(frames)} frames need as many positive exposures, but {list(exposures)} came"
        )
