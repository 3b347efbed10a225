"""Sensors that take one picture several times over: dual gain, split pixel, staggered rows."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor
from simulate.sequence import STILL, Expose, Exposed, Motion, Truth, base_shot, sequence

LOW, HIGH = 0, 1  # branches of a profile's readings
GOLDEN = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: seeds of further read-outs lie far apart


def dual_gain_readout(
    sensor: Sensor,
    collected: Frame,
    seed: int,
    origin: tuple[int, int] = (0, 0),
    *,
    isos: tuple[float, float] | None = None,
) -> list[Frame]:
    """The same electrons read through the low and then the high conversion gain: two RAW frames.

    Nothing is exposed twice: both hold the photons' noise in common, and each has read noise of
    its own. The low gain is bit-equal to `sensor.read_out` at its ISO. A frame's shot has the ISO
    of its branch, and its profile only the readings of that branch, so that levels and masks are
    right where the branches overlap.
    collected: ELECTRONS. isos: of low and high branch; by default the shot's ISO, brought into
        what each branch covers.

    Raises ProfileError for a sensor without readings of branches 0 and 1, DomainError.
    """
    if collected.domain is not Domain.ELECTRONS:
        raise DomainError(f"a read-out takes ELECTRONS, but the frame is {collected.domain.name}")
    frames = []
    for branch in (LOW, HIGH):
        readings = _of_branch(sensor.profile, branch)
        if isos is None:
            wanted = collected.shot.need("iso")
            least, most = readings[0].iso, readings[-1].iso
            iso = wanted.clamp(min=least, max=most)
        else:
            iso = torch.full(
                (collected.data.shape[0],), float(isos[branch]), device=collected.data.device
            )
        profile = sensor.profile.with_fields(readings=readings)
        shot = replace(collected.shot, iso=iso)
        held = replace(collected, shot=shot, profile=profile)
        raw = Sensor(profile).read_out(held, seed, origin, read_out_seed=_seed_of(seed, branch))
        note = {"branch": branch, "iso": iso.tolist()}
        frames.append(raw.advance("dual_gain_readout", note))
    return frames


def split_pixel(
    sensor: Sensor,
    expected: Frame,
    small_area_ratio: float,
    seed: int,
    origin: tuple[int, int] = (0, 0),
    *,
    small_full_well_e: float | None = None,
) -> list[Exposed]:
    """Large and small photodiode of each photosite: two RAW frames and their truths.

    Both are open at the same time and see the same scene; each has photons, dark signal, fixed
    pattern and read noise of its own (the small one is a sensor named "... small photodiode").
    expected: EXPECTED, mean electrons of the large photodiode.
    small_area_ratio: light on the small over light on the large one, 0..1; it scales dark signal
        too.
    small_full_well_e: None gives it the large one's well, as a capacitor in the pixel does; in
        proportion to the area, the pair would have no more range than the large one.

    Raises FrameError for a ratio that is none, DomainError.
    """
    small = small_photodiode(sensor.profile, small_area_ratio, small_full_well_e)
    light = expected.data.double() * small_area_ratio
    faint = replace(expected, data=light.float(), profile=small)
    pair = ((sensor, expected, 1.0), (Sensor(small), faint, small_area_ratio))
    frames = []
    for diode, mean, ratio in pair:
        collected = diode.collect(mean, seed, origin)
        raw = diode.read_out(collected, seed, origin)
        raw = raw.advance("split_pixel", {"area_ratio": ratio, "sensor": diode.profile.name})
        frames.append((raw, _truth_of(mean, collected, raw)))
    return frames


def small_photodiode(
    profile: SensorProfile, area_ratio: float, full_well_e: float | None = None
) -> SensorProfile:
    """The profile of a split pixel's small photodiode; see `split_pixel`.

    Raises FrameError for a ratio that is not within 0..1.
    """
    if not 0 < area_ratio <= 1:
        raise FrameError(f"small_area_ratio is above 0 and at most 1, but {area_ratio} came")
    return profile.with_fields(
        name=f"{profile.name} small photodiode",
        full_well_e=profile.full_well_e if full_well_e is None else full_well_e,
        fill_factor=profile.fill_factor * area_ratio,
        dark_current_e_per_s=profile.dark_current_e_per_s * area_ratio,
        hot_pixel_dark_current_e_per_s=profile.hot_pixel_dark_current_e_per_s * area_ratio,
    )


def staggered(
    sensor: Sensor,
    source: Frame,
    shot: Shot | None,
    ratios: Sequence[float],
    seed: int,
    *,
    gap_s: float = 0.0,
    motion: Motion = STILL,
    frame_period_s: float | None = None,
    expose: Expose | None = None,
    origin: tuple[int, int] = (0, 0),
) -> list[Exposed]:
    """Long, short (and very short) exposures one behind the other: RAW frame and truth of each.

    Every row exposes them in turn, so that rows differ in time but their exposures' distance does
    not; exposure k starts when the one before has ended and `gap_s` has passed. The starts are in
    truth and history, and moving objects are where they are by then.
    ratios: exposure times over the shot's, as (1, 1/16).
    motion: the hand's step is from one exposure to the next; an object's speed counts in frame
        periods. frame_period_s: of the whole set, by default its duration.
    source, shot, expose, origin: see `bracket`.

    Raises FrameError, DomainError.
    """
    base = base_shot(source, shot)
    if gap_s < 0 or not math.isfinite(gap_s):
        raise FrameError(f"gap_s is 0 or more seconds, but {gap_s} came")
    time = base.need("exposure_time_s").double()
    starts = [torch.zeros_like(time)]
    for ratio in ratios:
        starts.append(starts[-1] + time * ratio + gap_s)
    whole = starts[-1]
    period = whole if frame_period_s is None else torch.full_like(time, frame_period_s)
    if bool((period < whole * (1 - 1e-6)).any()):
        raise FrameError(
            f"a frame period of {frame_period_s} s is shorter than the exposures' "
            f"{float(whole.max()):g} s"
        )
    return sequence(
        sensor, source, base, ratios, torch.stack(starts[: len(ratios)] or starts), period, seed,
        step="staggered", motion=motion, expose=expose, origin=origin,
    )  # fmt: skip


def _of_branch(profile: SensorProfile, branch: int) -> tuple[Reading, ...]:
    readings = sorted((r for r in profile.readings if r.branch == branch), key=lambda r: r.iso)
    if not readings:
        raise ProfileError(
            f'sensor "{profile.name}" has no reading of branch {branch}; '
            "dual gain needs readings with branch 0 (low) and 1 (high)"
        )
    return tuple(readings)


def _seed_of(seed: int, readout: int) -> int:
    """The seed of a further read-out of the same electrons; the first keeps the user's."""
    return (seed + readout * GOLDEN) % (1 << 64)


def _truth_of(expected: Frame, collected: Frame, raw: Frame) -> Truth:
    """The truth of an exposure that is nominal, at once, and of a still scene."""
    batch, device = raw.data.shape[0], raw.data.device
    time = expected.shot.exposure_time_s
    zero: Tensor = torch.zeros(batch, dtype=torch.float64, device=device)
    return Truth(
        expected=expected, collected=collected, measured=raw.measured,
        moving=torch.zeros_like(raw.measured), exposure_factor=torch.ones_like(zero),
        exposure_time_s=torch.full_like(zero, math.nan) if time is None else time,
        start_s=zero, pose=zero[:, None].expand(-1, 3),
    )  # fmt: skip
