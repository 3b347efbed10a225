"""Brackets and bursts from a scene to raw files, each with its truth beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.simulating import (
    SimulationRequest,
    facts_of,
    refuse_raw_name,
    set_up,
    shot_of,
)
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.electrons_exr import write_electrons
from isp.files.safe_write import refuse_output
from isp.files.save import write
from simulate.bracket import bracket
from simulate.burst import burst
from simulate.motion import HandShake
from simulate.sensor import Sensor
from simulate.sequence import Exposed, Motion


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Several exposures of one scene.

    evs: stops of a bracket's frames against the request's exposure; empty for a burst.
    frames: of a burst. jitter_percent: spread of a bracket's true exposures about the nominal.
    shake_px, shake_deg: standard deviation of a hand's step between two frames.
    """

    evs: tuple[float, ...] = ()
    frames: int = 1
    jitter_percent: float = 0.0
    shake_px: float = 0.0
    shake_deg: float = 0.0

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

    Raises FileError, ProfileError, UsageError, OutputError; nothing is written before all outputs
    are known to be allowed.
    """
    if not request.noise:
        raise UsageError("a bracket's or burst's frames differ by their noise; drop --no-noise")
    refuse_raw_name(output)
    names = [numbered(output, i) for i in range(series.count)]
    for name in names:
        refuse_output(name, force=force)
        if truth:
            refuse_output(truth_name(name), force=force)
    advance("scene")
    sensor, light = set_up(request)
    advance("exposures")
    frames = _exposures(request, series, sensor, light)
    facts = []
    for name, (raw, real) in zip(names, frames, strict=True):
        advance(name.name)
        write(name, raw, force=force)
        if truth:
            write_electrons(
                truth_name(name), real.expected, real.collected, raw.measured, force=force
            )
        told = facts_of(request, sensor.profile, real.expected, raw)
        facts.append(
            told | {
                "file": name.name,
                "truth": truth_name(name).name if truth else None,
                "exposure_time_s": float(raw.shot.need("exposure_time_s")[0]),
                "true_exposure_time_s": float(real.exposure_time_s[0]),
                "pose_down_right_px_degrees": real.pose[0].tolist(),
            }
        )  # fmt: skip
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
    request: SimulationRequest, series: Series, sensor: Sensor, light: Frame
) -> list[Exposed]:
    def expose(scene: Frame, shot: Shot) -> Frame:
        return sensor.expose(
            scene, shot, illuminant=request.illuminant,
            luminance_scale_cd_m2=request.luminance_scale_cd_m2,
        )  # fmt: skip

    motion = Motion(shake=HandShake(shift_px=series.shake_px, rotation_deg=series.shake_deg))
    shot = shot_of(request)
    if series.evs:
        return bracket(
            sensor, light, shot, series.evs, request.seed,
            jitter_percent=series.jitter_percent, motion=motion, expose=expose,
        )  # fmt: skip
    return burst(sensor, light, shot, series.frames, request.seed, motion=motion, expose=expose)
