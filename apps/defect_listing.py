"""List the defects of a camera from several of its raw files, and put them into its profile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from apps.presets import presets
from calibration.defect_list import Departure, LastingDefects
from calibration.seen_pictures import SeenPictures
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FrameError
from isp.core.frame import Frame
from isp.core.mosaic_noise import noise_of
from isp.core.sensor import Defect, SensorProfile
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from isp.stages.defect_surroundings import surroundings

LOOKED_AT = 5.0  # deviations at which heavy-tailed read noise is taken for a Gaussian


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A profile with its defects, and how they were found.

    found: by the frames; the profile also keeps those that it listed before. photosites: of a
    frame.
    """

    profile: SensorProfile
    found: tuple[Defect, ...]
    frames: int
    photosites: int

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "camera": self.profile.name, "frames": self.frames, "found": len(self.found),
            "listed": len(self.profile.defects), "share": len(self.found) / self.photosites,
        }  # fmt: skip


def list_defects(
    files: Sequence[Path], *, camera: str | None = None, sigmas: float = 5.0,
    advance: Callable[[str], None] = lambda name: None,
) -> Listed:  # fmt: skip
    """Find what stays in raw files of one camera whose pictures differ.

    camera: whose numbers the files do not say. sigmas: see `LastingDefects`.

    Raises FileError for a file that cannot be read; CalibrationError for fewer than four, copies,
    or those of another camera or size; UsageError for `sigmas` of 0 or less; FrameError and
    ProfileError where the noise is not known.
    """
    profile = load_profile(camera) if camera else None
    sums, seen = LastingDefects(sigmas), SeenPictures()
    first: Frame | None = None
    for file in files:
        advance(file.name)
        frame = read_raw(file, profile=profile)
        if frame.domain is not Domain.RAW:
            raise CalibrationError(f"{file}: it is demosaiced; a list of defects takes mosaics")
        first = first or frame
        _refuse_other_camera(file, frame, first)
        _refuse_copy(file, seen.add(str(file), frame.data))
        sums.add(departures(frame))
    found = sums.found()
    if first is None:  # `found` refuses too few frames
        raise CalibrationError("no frame was given")
    return Listed(
        profile=with_defects(first, found, sums.frames),
        found=_places(first, found), frames=sums.frames, photosites=found.numel(),
    )  # fmt: skip


def departures(frame: Frame) -> Departure:
    """How far each photosite of a RAW frame is from its surroundings, as `dynamic_defects` sees it.

    Raises FrameError and ProfileError where the noise is not known.
    """
    mosaic = _mosaic(frame)
    noise = noise_of(mosaic, None, with_pattern=True, tail_sigmas=LOOKED_AT)
    # What is clipped all around still tells a dead one.
    looked_at = mosaic.measured | mosaic.clipped
    return departed(mosaic.data, looked_at, noise, mosaic.need_profile().cfa)


def departed(mosaic: Tensor, looked_at: Tensor, noise: Tensor, cfa: Cfa) -> Departure:
    """The same of a mosaic (1, 1, h, w), black 0 and white 1, and its noise."""
    seen = surroundings(mosaic, looked_at.to(mosaic.dtype), noise, cfa)
    return Departure(
        departure=seen.ratio - seen.middle, spread=seen.unit, noise=seen.noise, known=seen.enough
    )


def with_defects(frame: Frame, found: Tensor, frames: int) -> SensorProfile:
    """The frame's profile with what was found, in the sensor's coordinates, beside what it has."""
    profile = frame.need_profile()
    every = sorted({(d.row, d.column) for d in (*profile.defects, *_places(frame, found))})
    said = f"fullwell calibrate defects, {frames} frames"
    before = profile.sources.get("defects")
    return replace(
        profile,
        defects=tuple(Defect(row=row, column=column) for row, column in every),
        sources=dict(profile.sources) | {"defects": f"{before}; {said}" if before else said},
    )


def sentence(listed: Listed) -> str:
    """What was found, in words."""
    share = len(listed.found) / listed.photosites
    return (
        f"{len(listed.found)} defects stay in {listed.frames} frames, {100 * share:.3g} % of the "
        f"photosites; {len(listed.profile.defects)} are listed"
    )


def _places(frame: Frame, found: Tensor) -> tuple[Defect, ...]:
    top, left = (0, 0) if frame.window is None else (frame.window.top, frame.window.left)
    at = torch.nonzero(found[0, 0])
    return tuple(Defect(row=int(row) + top, column=int(column) + left) for row, column in at)


def _mosaic(frame: Frame) -> Frame:
    for tap in presets("hdr_linear", frame.need_profile().cfa).tap(frame):
        if tap.name == "black_level":
            return tap.frame
    raise FrameError("the preset subtracts no black level; its mosaic cannot be looked at")


def _refuse_other_camera(file: Path, frame: Frame, first: Frame) -> None:
    one, other = first.need_profile(), frame.need_profile()
    if (one.name, one.cfa) != (other.name, other.cfa):
        raise CalibrationError(
            f"{file}: it is of {other.name} {other.cfa.name}, the first of {one.name} "
            f"{one.cfa.name}; a list is of one camera"
        )
    if frame.window != first.window:
        raise CalibrationError(f"{file}: it is another part of the sensor than the first")


def _refuse_copy(file: Path, earlier: str | None) -> None:
    if earlier is not None:
        raise CalibrationError(
            f"{file} and {earlier} are the same frame; all that a picture shows stays in its "
            "copies: give each frame once, of different pictures"
        )
