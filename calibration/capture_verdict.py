"""Whether captures are enough: what is there, what is missing, what is at fault; while shooting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from calibration.capture_faults import faults_of
from calibration.captures import CaptureSet, Stack, as_warm_as, levels_of
from calibration.dark_times import LEAST_TIMES
from calibration.doubling import LEAST_TEMPERATURES
from calibration.fault import Fault
from calibration.levels import gather_levels, longest_of
from calibration.moments import Moments, gather
from calibration.nonuniformity import LEAST_FRAMES
from calibration.photon_transfer import Level, photon_transfer
from calibration.stack_faults import dark_stack_faults, flat_stack_faults
from isp.core.errors import CalibrationError

HALF = (0.3, 0.7)  # of saturation, between which a stack of flats shows PRNU1288
FEW_GROUPS = 2  # of rows: no interval is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Captures that are not there yet.

    needed: whether a profile lacks a number without them that no default stands in for.
    """

    what: str
    remedy: str
    needed: bool

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"what": self.what, "remedy": self.remedy, "needed": self.needed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the captures of one ISO are good for. there: sentences of what was found."""

    iso: float
    there: tuple[str, ...]
    missing: tuple[Missing, ...]
    faults: tuple[Fault, ...]

    @property
    def is_enough(self) -> bool:
        """Whether nothing that is needed is missing and nothing spoils a figure."""
        return not any(m.needed for m in self.missing) and not any(f.spoils for f in self.faults)

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "iso": self.iso,
            "is_enough": self.is_enough,
            "there": list(self.there),
            "missing": [each.record() for each in self.missing],
            "faults": [each.record() for each in self.faults],
        }


def judge(
    captures: CaptureSet, iso: float, *, advance: Callable[[str], None] | None = None
) -> Verdict:
    """Judge the captures of one ISO; every frame is opened once or twice.

    advance: called with the name of each stack.

    Raises FileError for a file that cannot be read.
    """
    chosen = [stack for stack in captures.stacks if stack.iso == iso]
    flats = tuple(stack for stack in chosen if not stack.dark)
    darks = tuple(stack for stack in chosen if stack.dark)
    missing = [*_kinds(flats, darks), *_stacks(flats, darks), *_temperatures(darks)]
    there, faults = [*_counted("flats", flats), *_counted("darks", darks)], []
    warm = as_warm_as(flats, darks)
    if levels_of(flats) and any(dark.count >= 2 for dark in warm):

        def moments(stack: Stack) -> Moments:
            (advance or (lambda _: None))(stack.name)
            frames = stack.frames()
            sums = gather(frames, period=captures.cfa.period, limit_dn=captures.white_level_dn)
            return sums.without_image()

        levels = gather_levels(flats, warm, moments)
        dark, flat = longest_of(warm), longest_of(flats)
        dark_moments = None if dark is None else moments(dark)
        flat_moments = None if flat is None else moments(flat)
        faults = list(faults_of(captures, iso, levels))
        if dark and dark_moments:
            faults += dark_stack_faults(captures, iso, dark, dark_moments, levels)
        if flat and flat_moments and not any(fault.fatal for fault in faults):
            faults += flat_stack_faults(captures, iso, flat, flat_moments, levels)
        faults = list(dict.fromkeys(faults))
        if not any(fault.fatal for fault in faults):
            found, said = _series(levels, flat_moments)
            missing += found
            there += said
        missing += _dark_times(levels)
    return Verdict(iso=iso, there=tuple(there), missing=tuple(missing), faults=tuple(faults))


def _kinds(flats: Sequence[Stack], darks: Sequence[Stack]) -> list[Missing]:
    return [
        Missing(
            what=f"there are no {kind} of two frames or more",
            remedy=f'{how}; put them into a folder named "{kind}"',
            needed=True,
        )
        for kind, stacks, how in (
            ("flats", flats, "shoot an even field, two frames at each exposure time"),
            ("darks", darks, "cover the lens and shoot two frames at each exposure time"),
        )
        if not any(stack.count >= 2 for stack in stacks)
    ]


def _stacks(flats: Sequence[Stack], darks: Sequence[Stack]) -> list[Missing]:
    return [
        Missing(
            what=f"no exposure of the {kind} has {LEAST_FRAMES} frames, for {what}",
            remedy=f"shoot {LEAST_FRAMES} or more {how}",
            needed=True,
        )
        for kind, stacks, what, how in (
            ("flats", flats, "PRNU", "of one exposure at about half of saturation"),
            ("darks", darks, "DSNU, row noise and the law of the read noise", "of one exposure"),
        )
        if stacks and max(stack.count for stack in stacks) < LEAST_FRAMES
    ]


def _temperatures(darks: Sequence[Stack]) -> list[Missing]:
    known = {dark.temperature_c for dark in darks} - {None}
    if len(known) >= LEAST_TEMPERATURES:
        return []
    return [
        Missing(
            what=f"darks of {len(known)} named temperatures, for the doubling temperature",
            remedy=f"shoot darks of two long exposure times at {LEAST_TEMPERATURES} temperatures "
            'and say them in the folders\' names, as "darks/25degC"',
            needed=False,
        )
    ]


def _counted(kind: str, stacks: Sequence[Stack]) -> list[str]:
    if not stacks:
        return []
    times = sorted({stack.exposure_time_s for stack in stacks})
    frames = [stack.count for stack in stacks]
    span = f"{times[0]:g} s" if len(times) == 1 else f"{times[0]:g} to {times[-1]:g} s"
    return [
        f"{kind}: {len(stacks)} exposures, {span}, {sum(frames)} frames, {max(frames)} of one "
        "exposure at most"
    ]


def _series(levels: Sequence[Level], stack: Moments | None) -> tuple[list[Missing], list[str]]:
    """What the levels reach. stack: of flats."""
    try:
        transfer = photon_transfer(levels, groups=FEW_GROUPS)
    except CalibrationError as error:
        short = Missing(what="too few levels for a gain", remedy=str(error), needed=True)
        return [short], []
    top = float(transfer.signal_dn[transfer.saturated])
    said = [
        f"levels: {len(levels)}, {int(transfer.fitted.sum())} of them below 70 % of the largest, "
        f"{top:.0f} DN above the dark"
    ]
    missing = []
    reason = transfer.figures["full_well_e"].reason
    if reason:
        missing.append(
            Missing(
                what=reason.split(":")[0],
                remedy="shoot longer exposures until the level does not rise any more; saturation "
                "capacity, SNR and dynamic range, and the 70 % of the gain's fit, rest on it",
                needed=True,
            )
        )
    if stack is not None:
        dark = float(transfer.dark_mean_dn.mean())
        share = (float(stack.frame_means[0]) - dark) / top
        said.append(f"stack of flats: at {share:.0%} of saturation")
        if not HALF[0] <= share <= HALF[1]:
            missing.append(
                Missing(
                    what=f"the stack of flats lies at {share:.0%} of saturation",
                    remedy="PRNU1288 is of 50 %: shoot the stack there",
                    needed=False,
                )
            )
    return missing, said


def _dark_times(levels: Sequence[Level]) -> list[Missing]:
    """Only darks that are a flat's own count: no others are gathered."""
    if len({level.dark_time_s for level in levels}) >= LEAST_TIMES:
        return []
    return [
        Missing(
            what=f"darks of fewer than {LEAST_TIMES} exposure times of flats, for dark current",
            remedy=f"shoot flats and darks of {LEAST_TIMES} times or more, the longest of seconds",
            needed=False,
        )
    ]
