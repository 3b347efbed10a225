"""What is wrong with captures, in words that say what to shoot again."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from calibration.captures import SAME_TIME, CaptureSet
from calibration.code_step import common_step
from calibration.copied_exposures import copied_exposures
from calibration.dark_times import LINE_TIMES
from calibration.fault import Fault, reason_of
from calibration.floored import cut_darks, least_floored
from calibration.frame_faults import (
    LEAK_SHARE,
    SEEN_DN,
    stray_darks,
    unsteady_light,
)
from calibration.moments import Moments, mean_and_variance
from calibration.photon_transfer import CLIPPED_SHARE, Level
from calibration.series_faults import series_faults
from calibration.smoothed_frames import smoothed_frames
from calibration.stack_faults import range_of
from calibration.unit_faults import unit_faults

LEAST_LEVELS = 10
WANTED_LEVELS = 50  # EMVA 1288
LONG_S = 0.1  # by so much between flat and dark, warm sensors gather electrons (10 to 1000 e-/s)
NO_DARK = 0.02  # of the range: so far off, signals and what follows are wrong by as much

Dark = tuple[float, Moments]  # exposure time, s


def faults_of(captures: CaptureSet, iso: float, levels: Sequence[Level]) -> tuple[Fault, ...]:
    """Judge the captures of one ISO.

    levels: of photon transfer, any order. Where frames are copies, or flats hold no light,
    nothing else is judged.
    """
    levels = sorted(levels, key=lambda level: float(level.bright.frame_means.mean()))
    unfit = _no_light(iso, levels) or copied_exposures(iso, levels)
    if unfit:
        return tuple(unfit)
    on_darks = _darks(captures, iso, levels)
    found = [*on_darks, *_steps(iso, levels), *_other_times(iso, levels), *_series(iso, levels)]
    found += [*smoothed_frames(iso, levels), *unit_faults(captures, iso, levels)]
    steady = []
    for level in levels:
        dark_dn = float(level.dark.frame_means.mean())
        where = f"flats of {level.exposure_time_s:g} s"
        unsteady = unsteady_light(iso, level.bright, dark_dn, range_of(captures), where)
        found += unsteady
        if not reason_of(unsteady):
            steady.append(level)
    # A level that is spoilt by itself is not said twice, and spoilt darks bend every line.
    if steady and not reason_of(on_darks):
        found += series_faults(iso, steady)
    return tuple(found)


def _darks(captures: CaptureSet, iso: float, levels: Sequence[Level]) -> list[Fault]:
    darks = list({id(level.dark): (level.dark_time_s, level.dark) for level in levels}.values())
    cut = cut_darks(iso, max((dark for _, dark in darks), key=least_floored))
    if cut:
        return cut
    strays = [
        fault
        for time, dark in darks
        for fault in stray_darks(iso, dark, range_of(captures), f"the darks of {time:g} s")
    ]
    return strays or _misplaced(captures, iso, darks) or _off_black(captures, iso, darks)


def _steps(iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Codes that lie several DN apart: the bits below say nothing."""
    step = common_step(each for level in levels for each in (level.bright, level.dark))
    if step == 1:
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: all values lie multiples of {step} DN apart, so they are "
            "left-justified or were multiplied",
            remedy="state the bits that the converter has, and align left-justified values "
            "(--align msb where a headerless file is read); what so wide a step hides is said",
        )
    ]


def _other_times(iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Flats whose dark is of another exposure time: dark current in between is not taken off."""
    away = {
        level.exposure_time_s: abs(level.dark_time_s - level.exposure_time_s)
        for level in levels
        if abs(level.dark_time_s - level.exposure_time_s) > SAME_TIME * level.exposure_time_s
    }
    if not away:
        return []
    listed = ", ".join(f"{time:g}" for time in sorted(away)[:6])
    more = " s and others" if len(away) > 6 else " s"
    return [
        Fault(
            what=f"ISO {iso:g}: flats of {listed}{more} have no dark of their exposure time, so "
            "dark current counts as light, or light as dark current",
            remedy="the nearest one is taken; shoot darks of the same times",
            serious=max(away.values()) > LONG_S,
        )
    ]


def _misplaced(captures: CaptureSet, iso: float, darks: Sequence[Dark]) -> list[Fault]:
    """Darks far above those of a longer exposure, which hold as much dark current or more."""
    means = [(time, float(dark.frame_means.mean())) for time, dark in darks]
    above, time = max(
        (mean - min(other for longer, other in means if longer >= time), time)
        for time, mean in means
    )
    if above <= NO_DARK * range_of(captures):
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: the darks of {time:g} s lie {above:.0f} DN above darks of longer "
            "exposures, so they are flats, or light leaked in",
            remedy="take flats out from among the darks; cover lens and viewfinder, and shoot "
            "these darks again",
            serious=True,
        )
    ]


def _off_black(captures: CaptureSet, iso: float, darks: Sequence[Dark]) -> list[Fault]:
    """Darks beside the black level that the files say, dark current apart."""
    if captures.black_level_dn is None:
        return []
    blacks = captures.black_level_dn
    sites = [divmod(index, captures.cfa.period[1]) for index in range(len(blacks))]
    away = [
        _level_at_no_time(
            [(time, float(mean_and_variance(dark, site, 2)[0][0])) for time, dark in darks]
        )
        - black
        for site, black in zip(sites, blacks, strict=True)
    ]
    worst = max(away, key=abs)
    if abs(worst) <= max(LEAK_SHARE * range_of(captures), SEEN_DN):
        return []
    far = abs(worst) > NO_DARK * range_of(captures)
    if worst > 0:
        return [
            Fault(
                what=f"ISO {iso:g}: the darks lie {worst:.1f} DN above the black level that the "
                "files say",
                remedy="cover lens and viewfinder if light leaked in, and shoot the darks again; "
                "otherwise the file's black level is wrong, and the measured one stands in the "
                "profile",
                serious=far,
            )
        ]
    return [
        Fault(
            what=f"ISO {iso:g}: the darks lie {-worst:.1f} DN below the black level that the "
            "files say, which no light can do",
            remedy="state the right black level, and subtract no black from the frames; the "
            "measured one stands in the profile",
            serious=far,
        )
    ]


def _level_at_no_time(levels: Sequence[tuple[float, float]]) -> float:
    """The shortest dark's level, less what dark current adds until then; (s, DN) each.

    The median slope of all pairs of darks is that of most of them: some may be spoilt. Darks of
    fewer times than a line needs count as they lie.
    """
    shortest = min(time for time, _ in levels)
    level = float(np.mean([dn for time, dn in levels if time == shortest]))
    if len({time for time, _ in levels}) < LINE_TIMES:
        return level
    slopes = [
        (late_dn - early_dn) / (late - early)
        for (early, early_dn), (late, late_dn) in combinations(sorted(levels), 2)
        if late > early
    ]
    return level - max(float(np.median(slopes)), 0.0) * shortest


def _no_light(iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Flats that hold no light; levels from dark to bright."""
    brightest = levels[-1]
    if brightest.bright.frame_means.mean() > brightest.dark.frame_means.mean():
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: the brightest flats are no brighter than their darks, so flats and "
            "darks are swapped, or no light fell",
            remedy="name flats and darks for what they are; light the field until the sensor is "
            "saturated, and shoot the flats again",
            fatal=True,
        )
    ]


def _series(iso: float, levels: Sequence[Level]) -> list[Fault]:
    found = []
    if len(levels) < LEAST_LEVELS:
        found.append(
            Fault(
                what=f"ISO {iso:g}: {len(levels)} exposures",
                remedy=f"shoot {LEAST_LEVELS} or more from dark to saturation, better "
                f"{WANTED_LEVELS}",
                fatal=False,
            )
        )
    whole = [level for level in levels if float(level.bright.clipped.max()) < CLIPPED_SHARE]
    if not whole:
        found.append(
            Fault(
                what=f"ISO {iso:g}: every flat is clipped",
                remedy="shoot darker ones, from a hundredth of saturation up",
                fatal=True,
            )
        )
    return found
