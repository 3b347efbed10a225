"""What is wrong with the long stacks that patterns, rows and the law of the reading rest on."""

from collections.abc import Sequence

from calibration.captures import SAME_TIME, CaptureSet, Stack
from calibration.fault import Fault, reason_of
from calibration.floored import cut_darks
from calibration.frame_faults import (
    LEAK_SHARE,
    SEEN_DN,
    mean_error,
    repeated_frames,
    stray_darks,
    unsteady_light,
)
from calibration.moments import Moments, mean_and_variance
from calibration.moving_light import moving_darks, moving_light
from calibration.photon_transfer import CLIPPED_SHARE, Level
from calibration.series_faults import saturates, site_transfers

FULL = 0.95  # of saturation: EMVA's linear range ends there


def dark_stack_faults(
    captures: CaptureSet, iso: float, stack: Stack, dark: Moments, levels: Sequence[Level]
) -> list[Fault]:
    """Judge the stack of darks.

    levels: of photon transfer, whose darks say where the stack has to lie.
    """
    range_dn = range_of(captures)
    where = f"the stack of darks of {stack.exposure_time_s:g} s"
    cut = cut_darks(iso, dark, where)
    if cut:
        return cut
    strays = stray_darks(iso, dark, range_dn, where)
    if strays:
        return strays
    repeats = repeated_frames(iso, dark, where)
    if repeats:
        return repeats
    means = [float(level.dark.frame_means.mean()) for level in levels]
    longest = max(level.dark_time_s for level in levels)
    mean = float(dark.frame_means.mean())
    allowed = max(LEAK_SHARE * range_dn, SEEN_DN, 5 * mean_error(dark))
    above, below = mean - max(means), min(means) - mean
    # A longer one may hold more dark current than any pair.
    if above > allowed and stack.exposure_time_s <= longest * (1 + SAME_TIME):
        return [
            Fault(
                what=f"ISO {iso:g}: {where} lies {above:.1f} DN above the pairs of darks, so light "
                "leaked in",
                remedy="cover lens and viewfinder, and shoot the stack again",
                serious=True,
            )
        ]
    if below > allowed:
        return [
            Fault(
                what=f"ISO {iso:g}: {where} lies {below:.1f} DN below the pairs of darks, which no "
                "light can do: its black level is another, or light leaked into the pairs",
                remedy="shoot stack and pairs with the same settings, and subtract no black",
                serious=True,
            )
        ]
    return moving_darks(iso, dark, where)


def flat_stack_faults(
    captures: CaptureSet, iso: float, stack: Stack, flat: Moments, levels: Sequence[Level]
) -> list[Fault]:
    """Judge the stack of flats; levels: of photon transfer."""
    where = f"the stack of flats of {stack.exposure_time_s:g} s"
    clipped = float(flat.clipped.max())
    if clipped >= CLIPPED_SHARE:
        return [_too_bright(f"ISO {iso:g}: {clipped:.1%} of the values of {where} are clipped")]
    dark_dn = min(float(level.dark.frame_means.mean()) for level in levels)
    shares = [
        (mean_and_variance(flat, site, 2)[0][0] - float(transfer.dark_mean_dn.mean()))
        / float(transfer.signal_dn[transfer.saturated])
        for site, transfer in site_transfers(levels).items()
        if saturates(transfer.figures)
    ]
    if shares and max(shares) > FULL:
        return [_too_bright(f"ISO {iso:g}: {where} lies at {max(shares):.0%} of saturation")]
    repeats = repeated_frames(iso, flat, where)
    if repeats:
        return repeats
    unsteady = unsteady_light(iso, flat, dark_dn, range_of(captures), where)
    if reason_of(unsteady):
        return unsteady
    return unsteady + moving_light(iso, flat, levels, where)


def _too_bright(what: str) -> Fault:
    return Fault(
        what=what, remedy="shoot the stack again at about half of saturation", serious=True
    )


def range_of(captures: CaptureSet) -> float:
    """From black to white, DN; from code 0 where nobody says the black level."""
    return captures.white_level_dn - max(captures.black_level_dn or (0.0,))
