"""Exposure times and photons that were stated in another unit than the one they are read in."""

from collections.abc import Sequence

from calibration.captures import CaptureSet
from calibration.fault import Fault
from calibration.photon_transfer import TOO_FEW_PHOTONS, Level
from calibration.series_faults import site_transfers

HOUR_S = 3600.0  # nobody waits so long for one of some fifty exposures
BY_CHANCE = 0.05  # above 1; a gain of few levels or small frames is known within some percent


def unit_faults(captures: CaptureSet, iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Judge what was said of one ISO's exposures. levels: of photon transfer, any order."""
    return [*_long_times(captures, iso, levels), *_few_photons(iso, levels)]


def _long_times(captures: CaptureSet, iso: float, levels: Sequence[Level]) -> list[Fault]:
    times = [stack.exposure_time_s for stack in captures.stacks if stack.iso == iso]
    longest = max([*times, *(level.exposure_time_s for level in levels)])
    if longest <= HOUR_S:
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: an exposure of {longest:g} s, above an hour, so the times are in "
            "another unit, and dark current is wrong by as much",
            remedy="an EMVA descriptor says its times in nanoseconds (ns), other files in seconds; "
            "state them so, or leave out an exposure that really was so long",
            serious=True,
        )
    ]


def _few_photons(iso: float, levels: Sequence[Level]) -> list[Fault]:
    ratios = [
        (found.figures["responsivity_dn_per_photon"].value or 0.0)
        / (found.figures["system_gain_dn_per_e"].value or 1.0)
        for found in site_transfers(levels).values()
    ]
    most = max(ratios, default=0.0)
    if most <= 1 + BY_CHANCE:
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: {TOO_FEW_PHOTONS} for {most:.3g} electrons each",
            remedy="state the right ones, mean per pixel (check unit and area); of the figures "
            "only quantum efficiency and responsivity rest on them",
            serious=True,
        )
    ]
