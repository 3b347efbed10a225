"""Brackets and bursts from a scene to raw files, each with its truth beside it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.light import Aimed, aim
from apps.simulating import (
    SimulationRequest,
    camera_of,
    exposed,
    facts_of,
    refuse_raw,
    shot_of,
)
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.electrons_exr import write_electrons
from isp.files.safe_folder import safe_folder
from isp.files.safe_write import refuse_output
from isp.files.save import write
from simulate.bracket import bracket
from simulate.burst import burst
from simulate.motion import HandShake
from simulate.sensor import Sensor
from simulate.sequence import Exposed, Motion

MOST_EV = 30.0  # stops; a shutter has fewer, and exposures stay far inside float32
MOST_JITTER_PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Several exposures of one scene.

    evs: stops of a bracket's frames against the request's exposure; empty for a burst.
    frames: of a burst. jitter_percent: spread of a bracket's true exposures about the nominal.
    shake_px, shake_deg: standard deviation of a hand's step between two frames, in photosites
        along each axis, and of its turn.

    Raises UsageError for a number out of range.
    """

    evs: tuple[float, ...] = ()
    frames: int = 1
    jitter_percent: float = 0.0
    shake_px: float = 0.0
    shake_deg: float = 0.0

    def __post_init__(self) -> None:
        """Check every number."""
        if not all(abs(ev) <= MOST_EV for ev in self.evs):
            stops = ", ".join(f"{ev:g}" for ev in self.evs)
            raise UsageError(f"a bracket's stops are within {MOST_EV:g} of 0, but {stops} came")
        if self.frames < 1:
            raise UsageError(f"a burst has at least 1 frame, but {self.frames} came")
        if not 0 <= self.jitter_percent <= MOST_JITTER_PERCENT:
            raise UsageError(
                f"a bracket's jitter is 0 to {MOST_JITTER_PERCENT:g} percent, but "
                f"{self.jitter_percent:g} came"
            )
        for name in ("shake_px", "shake_deg"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UsageError(f"{name} is 0 or more, and finite, but {value:g} came")

    @property
    def shakes(self) -> bool:
        """Whether the camera moves between frames."""
        return self.shake_px > 0 or self.shake_deg > 0

    @property
    def count(self) -> int:
        """How many frames."""
        return len(self.evs) or self.frames


def photograph_series(
    request: SimulationRequest,
    series: Series,
    output: Path,
    *,
    truth: bool = True,
    force: bool = False,
    advance: Callable[[str], None] = lambda name: None,
) -> list[dict[str, Any]]:
    """Photograph a bracket or a burst: OUT_0.dng, OUT_1.dng …; returns the facts of each frame.

    truth: write OUT_0.truth.exr … beside them: expected and collected electrons, and masks.

    Raises FileError, ProfileError, UsageError, OutputError; all files are written, or none.
    """
    if not request.noise:
        raise UsageError(
            "the frames of a bracket or burst are noisy; their noise-free electrons are in "
            "OUT_0.truth.exr …, so leave --no-noise away"
        )
    names = [numbered(output, i) for i in range(series.count)]
    for name in names:
        refuse_raw(name, force=force)
        if truth:
            refuse_output(truth_name(name), force=force)
    advance("scene")
    sensor = camera_of(request)
    aimed = aim(
        request.scene, request.seen, sensor.profile, request.f_number, request.seed,
        moves=series.shakes,
    )  # fmt: skip
    advance("exposures")
    frames = _exposures(request, series, sensor, aimed)
    facts = []
    with safe_folder(output.parent, force=force) as place:
        for name, (raw, real) in zip(names, frames, strict=True):
            advance(name.name)
            write(place / name.name, raw)
            if truth:
                seen = truth_name(place / name.name)
                write_electrons(seen, real.expected, real.collected, raw)
            down, right, degrees = real.pose[0].tolist()
            step = aimed.per_photosite
            told = {
                "file": name.name,
                "truth": truth_name(name).name if truth else None,
                "exposure_time_s": float(raw.shot.need("exposure_time_s")[0]),
                "true_exposure_time_s": float(real.exposure_time_s[0]),
                "pose_down_right_px_degrees": [down / step, right / step, degrees],
            }
            facts.append(facts_of(request, sensor.profile, real.expected, raw) | told)
    return facts


def numbered(output: Path, index: int) -> Path:
    """Name of a frame of a series.

    >>> numbered(Path("out/room.dng"), 2).as_posix()
    'out/room_2.dng'
    """
    return output.with_name(f"{output.stem}_{index}{output.suffix}")


def truth_name(output: Path) -> Path:
    """Where the truth of a file goes.

    >>> truth_name(Path("room_2.dng")).as_posix()
    'room_2.truth.exr'
    """
    return output.with_name(f"{output.stem}.truth.exr")


def _exposures(
    request: SimulationRequest, series: Series, sensor: Sensor, aimed: Aimed
) -> list[Exposed]:
    """The hand moves what is before the lens: the scene, not what lens and sensor do to it."""

    def expose(scene: Frame, shot: Shot) -> Frame:
        return exposed(request, sensor, aimed.onto(scene), shot)

    shake = HandShake(shift_px=series.shake_px * aimed.per_photosite, rotation_deg=series.shake_deg)
    motion, shot, seed = Motion(shake=shake), shot_of(request), request.seed
    if series.evs:
        return bracket(
            sensor, aimed.scene, shot, series.evs, seed, jitter_percent=series.jitter_percent,
            motion=motion, expose=expose,
        )  # fmt: skip
    return burst(sensor, aimed.scene, shot, series.frames, seed, motion=motion, expose=expose)
