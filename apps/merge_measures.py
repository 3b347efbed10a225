"""How good a merge is on simulated brackets: noise against its bound, bias, ghosts, ratios."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from apps.bench.metrics.cramer_rao import photosite_information
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import saturation_limit
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.merge.bracket import merge
from isp.stages.black_level import BlackLevel
from simulate.bracket import bracket
from simulate.sensor import Sensor

EXPOSURE_TIME_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A flat field merged: light_e of the longest exposure, in e-.

    loss_db: variance over the least possible one. left_out_db: the least variance that is possible
    without the longest exposure, over it. bias_errors: mean error in standard errors.
    bias_percent: of the light. said_over_real: the variance that the merge states.
    """

    light_e: float
    loss_db: float
    left_out_db: float
    bias_errors: float
    bias_percent: float
    said_over_real: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A lying bracket: worst error of the exposures by metadata and as measured, percent."""

    jitter_percent: float
    metadata_percent: float
    measured_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghost:
    """A square that moves: its contrast in deviations of one reference sample.

    found_percent: of its samples in the other frames that were rejected. error, ghosted_error:
    rms error where it was in any frame, in deviations of the reference, with and without
    deghosting. lost_percent: of the still samples that were rejected.
    """

    contrast: float
    found_percent: float
    error: float
    ghosted_error: float
    lost_percent: float


def clean(profile: SensorProfile) -> SensorProfile:
    """The profile without what no merge can average: fixed patterns and dark current."""
    return profile.with_fields(
        prnu_percent=0.0, dsnu_e=0.0, dark_current_e_per_s=0.0, column_fpn_e=0.0, row_fpn_e=0.0
    )


def limit_e(profile: SensorProfile) -> float:
    """Electrons from which a sample counts as clipped, at the first reading."""
    reading = profile.readings[0]
    limit = float(saturation_limit(profile, torch.tensor([reading.iso]))[0])
    return (limit - profile.black_level_dn[0]) / reading.system_gain_dn_per_e


def flat_field(
    profile: SensorProfile, light_e: float, evs: Sequence[float], side: int, seed: int
) -> Level:
    """Merge a flat field, the last of `evs` the longest and the reference.

    profile: monochrome, with Gaussian read noise.
    """
    light = torch.full((side, side), light_e / 2 ** evs[-1])
    frames = taken(profile, light, evs, seed)
    merged = merge(frames, reference=len(evs) - 1, deghost=False)
    unit = _electrons_of_white(frames[-1])
    values = merged.frame.data.double() * unit
    variance, error = float(values.var()), float(values.mean()) - light_e
    reading = profile.readings[0]
    told = [
        4 ** (ev - evs[-1])
        * photosite_information(
            light_e * 2 ** (ev - evs[-1]),
            system_gain_dn_per_e=reading.system_gain_dn_per_e,
            read_noise_e=reading.read_noise_e,
            black_level_dn=profile.black_level_dn[0],
            limit_dn=float(saturation_limit(profile, torch.tensor([reading.iso]))[0]),
        )
        for ev in evs
    ]
    return Level(
        light_e=light_e,
        loss_db=10 * math.log10(variance * sum(told)),
        left_out_db=10 * math.log10(sum(told) / sum(told[:-1])),
        bias_errors=error / math.sqrt(variance / values.numel()),
        bias_percent=100 * error / light_e,
        said_over_real=float(merged.variance.double().mean()) * unit**2 / variance,
    )


def false_rejections(
    profile: SensorProfile, light_e: float, evs: Sequence[float], side: int, seed: int, asked: float
) -> float:
    """Share of a still flat field's samples that were rejected, worst frame.

    light_e: of the longest exposure; the middle one is the reference.
    """
    light = torch.full((side, side), light_e / 2 ** evs[-1])
    frames = taken(profile, light, evs, seed)
    merged = merge(frames, reference=len(evs) // 2, false_rejections=asked)
    return max(merged.rejected)


def lying_shutter(
    profile: SensorProfile, jitter_percent: float, evs: Sequence[float], side: int, seed: int
) -> Found:
    """Measure the exposures of a bracket whose shutter misses, over six decades of light."""
    well = profile.full_well_e or 1e4
    light = torch.logspace(math.log10(well) - 4, math.log10(well) + 2, side).expand(side, side)
    frames = taken(profile, light.contiguous(), evs, seed, jitter_percent)
    middle = len(evs) // 2
    true: list[float] = [dict(f.history)["bracket"]["exposure_factor"][0] for f in frames]
    real: list[float] = [
        2 ** (ev - evs[middle]) * t / true[middle] for ev, t in zip(evs, true, strict=True)
    ]
    light_of = merge(frames, reference=middle, measure_exposures=True).exposures
    nominal: list[float] = [2 ** (ev - evs[middle]) for ev in evs]

    def worst(values: Sequence[float]) -> float:
        return 100 * max(abs(v / r - 1) for v, r in zip(values, real, strict=True))

    return Found(
        jitter_percent=jitter_percent, metadata_percent=worst(nominal),
        measured_percent=worst(light_of.used[0].tolist()),
    )  # fmt: skip


def moving_square(
    profile: SensorProfile, contrast: float, evs: Sequence[float], side: int, seed: int
) -> Ghost:
    """Merge a bracket in which a brighter square is somewhere else in each frame."""
    middle, size, wall = len(evs) // 2, side // 6, 0.04 * (profile.full_well_e or 1e4)
    read = profile.readings[0].read_noise_e
    brighter = wall + contrast * math.sqrt(wall + read**2)
    frames, places = [], []
    for k, ev in enumerate(evs):
        light = torch.full((side, side), wall)
        left = side // 12 + k * (size + side // 8)
        here = torch.zeros(side, side, dtype=torch.bool)
        here[size : 2 * size, left : left + size] = True
        light[here] = brighter
        shot = Shot.single(exposure_time_s=EXPOSURE_TIME_S * 2**ev, iso=profile.readings[0].iso,
                           frame_number=torch.tensor([k]))  # fmt: skip
        raw = Sensor(profile).capture(_expected(profile, light * 2**ev, shot), seed)
        frames.append(BlackLevel(profile.cfa).develop(raw))
        places.append(here)
    seen = torch.stack(places).any(dim=0)
    truth = torch.where(places[middle], brighter, wall).double()
    merged = merge(frames, reference=middle)
    ghosted = merge(frames, reference=middle, deghost=False)
    unit = _electrons_of_white(frames[middle])

    def error(values: Tensor) -> float:
        off = (values[0, 0].double() * unit - truth)[seen] / (truth + read**2).sqrt()[seen]
        return float(off.square().mean().sqrt())

    # Each other frame contradicts the reference at its own square, and at the reference's.
    others = [k for k in range(len(evs)) if k != middle]
    wrong = sum(float((places[k] | places[middle]).sum()) for k in others)
    rejected = sum(merged.rejected[k] * side**2 for k in others)
    still = merge(taken(profile, torch.full((side, side), wall), evs, seed), reference=middle)
    return Ghost(
        contrast=contrast, found_percent=min(100.0, 100 * rejected / wrong),
        error=error(merged.frame.data), ghosted_error=error(ghosted.frame.data),
        lost_percent=100 * max(still.rejected),
    )  # fmt: skip


def taken(
    profile: SensorProfile, light_e: Tensor, evs: Sequence[float], seed: int,
    jitter_percent: float = 0.0,
) -> list[Frame]:  # fmt: skip
    """A bracket of light, in e- at 0 EV, as MOSAIC frames."""
    shot = Shot.single(exposure_time_s=EXPOSURE_TIME_S, iso=profile.readings[0].iso)
    exposed = bracket(
        Sensor(profile), _expected(profile, light_e, shot), None, evs, seed,
        jitter_percent=jitter_percent,
    )  # fmt: skip
    return [BlackLevel(profile.cfa).develop(raw) for raw, _ in exposed]


def _expected(profile: SensorProfile, light_e: Tensor, shot: Shot) -> Frame:
    return Frame.start(light_e[None, None], Domain.EXPECTED, shot=shot, profile=profile)


def _electrons_of_white(mosaic: Frame) -> float:
    levels = dict(mosaic.history)["black_level"]
    reading = mosaic.need_profile().readings[0]
    span = levels["white_level_dn"][0] - levels["black_level_dn"][0]
    return float(span / reading.system_gain_dn_per_e)
