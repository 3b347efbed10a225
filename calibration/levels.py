"""Levels of photon transfer out of stacks, each flat with its dark; and the stack of patterns."""

from collections.abc import Callable, Sequence

from calibration.captures import Stack, dark_for, levels_of
from calibration.moments import Moments
from calibration.nonuniformity import LEAST_FRAMES
from calibration.photon_transfer import Level
from isp.core.errors import CalibrationError


def gather_levels(
    flats: Sequence[Stack], darks: Sequence[Stack], moments: Callable[[Stack], Moments]
) -> list[Level]:
    """Gather every level once; a dark that serves several flats is opened once.

    moments: gathers a stack. Mean images are let go.

    Raises CalibrationError where no dark has two frames.
    """
    pairs = [stack for stack in darks if stack.count >= 2]
    if not pairs:
        raise CalibrationError("no dark has the two frames that a variance needs")
    gathered: dict[str, Moments] = {}
    levels = []
    for flat in levels_of(flats):
        dark = dark_for(flat, pairs)
        if dark.name not in gathered:
            gathered[dark.name] = moments(dark).without_image()
        levels.append(
            Level(
                exposure_time_s=flat.exposure_time_s,
                photons=flat.photons,
                bright=moments(flat).without_image(),
                dark=gathered[dark.name],
                dark_time_s=dark.exposure_time_s,
            )
        )
    return levels


def longest_of(stacks: Sequence[Stack]) -> Stack | None:
    """The stack of most frames, if they are enough for a pattern."""
    most = max(stacks, key=lambda stack: stack.count)
    return most if most.count >= LEAST_FRAMES else None
