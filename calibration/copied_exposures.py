"""Exposures whose frames are copies, of one another or of another exposure's."""

from collections.abc import Sequence

from calibration.fault import Fault
from calibration.frame_faults import copied_frames, frame_keys, row_variance, shows_noise
from calibration.moments import Moments
from calibration.photon_transfer import Level

COLLAPSED = 0.25  # of a darker flat's variance within rows, below which a flat is saturated
REMEDY = "shoot these exposures again, or put in the frames that the camera took: each frame once"

Exposure = tuple[float, Moments]  # exposure time, s


def copied_exposures(iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Find copies among the flats and among the darks of photon transfer.

    levels: from dark to bright. Without noise between the frames of an exposure there is no gain,
    and frames of another exposure say nothing of this one.
    """
    darks = {id(level.dark): (level.dark_time_s, level.dark) for level in levels}
    return [
        *_copies(iso, "flats", [(level.exposure_time_s, level.bright) for level in levels]),
        *_copies(iso, "darks", list(darks.values())),
    ]


def _copies(iso: float, kind: str, exposures: Sequence[Exposure]) -> list[Fault]:
    judged = [each for each in _unsaturated(exposures) if shows_noise(each[1])]
    within = [time for time, moments in judged if copied_frames(moments)]
    if within:
        of_time = f" of {within[0]:g} s" if len(within) == 1 else ""
        return [
            Fault(
                what=f"ISO {iso:g}: frames of {len(within)} of the {len(exposures)} exposures "
                f"of {kind}{of_time} are copies of one another, so they hold no noise",
                remedy=REMEDY,
                fatal=True,
            )
        ]
    across = _shared(judged)
    if not across:
        return []
    time, first = across[0]
    which = f"both of {time:g} s" if time == first else f"that of {time:g} s those of {first:g} s"
    return [
        Fault(
            what=f"ISO {iso:g}: {len(across)} of the {len(exposures)} exposures of {kind} hold "
            f"frames of another one ({which})",
            remedy=REMEDY,
            fatal=True,
        )
    ]


def _shared(exposures: Sequence[Exposure]) -> list[tuple[float, float]]:
    """Times of the exposures that hold a frame of an earlier one, and that one's time."""
    seen: dict[bytes, float] = {}
    found = []
    for time, moments in exposures:
        keys = frame_keys(moments)
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            found.append((time, first))
        for key in keys:
            seen.setdefault(key, time)
    return found


def _unsaturated(exposures: Sequence[Exposure]) -> list[Exposure]:
    """Leave out what is so bright that light leaves no noise: it may be alike, but for a pattern.

    Copies keep the noise within their rows, and so stay.
    """
    kept, most = [], 0.0
    for exposure in exposures:
        variance = row_variance(exposure[1])
        most = max(most, variance)
        if variance >= COLLAPSED * most:
            kept.append(exposure)
    return kept
