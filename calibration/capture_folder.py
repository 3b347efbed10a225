"""Find the flats and darks in a folder: by an EMVA descriptor, by metadata, by names."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.capture_names import as_counted, told_by_name
from calibration.captures import CaptureSet, Stack
from calibration.emva_descriptor import Descriptor, read_descriptor
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FileError
from isp.core.frame import Frame
from isp.files.dump import DumpFlags
from isp.files.guarded import one_child
from isp.files.limits import Limits
from isp.files.open import read
from isp.files.shot_tags import read_shot_tags

IMAGES = {
    ".png", ".tif", ".tiff", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".rw2", ".orf", ".pef",
    ".raw", ".srw", ".iiq", ".3fr", ".dcr", ".kdc", ".mrw", ".x3f",
}  # fmt: skip
DESCRIPTOR_BEGINS = ("v ", "n ", "b ", "d ")
ONE_GAIN = 100.0  # the ISO that captures which state none are filed under
Advance = Callable[[str], None]


def find_captures(
    folder: str | Path,
    *,
    flags: DumpFlags | None = None,
    limits: Limits | None = None,
    advance: Advance | None = None,
) -> CaptureSet:
    """Return what a folder, or a descriptor file, holds.

    A descriptor (a .txt with lines v, n, b, d, i) says all. Without one, exposure time and ISO
    come from each file's metadata, or from its name and folders ("darks/iso400/10ms_01.png");
    whether it is a dark, from its name or folders. flags: how PNG, TIFF and headerless files are
    laid out. advance: called with each file's name. Of raw files whose tags say their shot only
    the first is decoded here; whether the others are of its camera, and sound, shows when their
    stack is opened.

    Raises FileError for a folder without captures or a file that cannot be read, CalibrationError
    where files contradict each other or do not say what they are.
    """
    folder, limits = Path(folder), limits or Limits()
    if folder.is_file():
        return _described(folder, read_descriptor(folder), flags, limits)
    if not folder.is_dir():
        raise FileError(folder, "there is no such folder")
    for text in sorted(folder.glob("*.txt")):
        if _is_descriptor(text):
            return _described(text, read_descriptor(text), flags, limits)
    with one_child():
        return _told(folder, flags, limits, advance or (lambda _: None))


def _is_descriptor(path: Path) -> bool:
    with path.open("rb") as file:
        lines = file.read(4096).decode("utf-8", "replace").splitlines()
    plain = [line for line in lines if line.strip() and not line.startswith("#")]
    return bool(plain) and all(line.startswith(DESCRIPTOR_BEGINS) for line in plain[:2])


def _described(path: Path, said: Descriptor, flags: DumpFlags | None, limits: Limits) -> CaptureSet:
    plain = DumpFlags(bits=said.bit_depth, cfa="MONO", black_level=(0.0,))
    flags = (flags or DumpFlags()).over(plain)
    return CaptureSet(
        camera=path.parent.name,
        cfa=Cfa.named(flags.cfa or "MONO"),
        bit_depth=said.bit_depth,
        white_level_dn=2.0**said.bit_depth - 1,
        black_level_dn=None,
        stacks=tuple(
            Stack(
                name=f"{'dark' if each.photons is None else 'flat'} {each.exposure_time_s:g} s",
                dark=each.photons is None,
                exposure_time_s=each.exposure_time_s,
                iso=ONE_GAIN,
                photons=each.photons,
                count=len(each.paths),
                frames=_opener(each.paths, flags, limits),
            )
            for each in said.exposures
        ),
        iso_stated=False,
    )


def _told(folder: Path, flags: DumpFlags | None, limits: Limits, advance: Advance) -> CaptureSet:
    paths = [
        path
        for path in sorted(folder.rglob("*"), key=as_counted)
        if path.suffix.lower() in IMAGES and path.is_file()
    ]
    if not paths:
        raise FileError(folder, "it holds no raw, PNG or TIFF file")
    iso_stated = False
    stacks: dict[tuple[bool, float, float, float | None], list[Path]] = defaultdict(list)
    opened = _read(paths[0], flags, limits)
    profile, first = opened.need_profile(), _Camera.of(paths[0], opened)
    for path in paths:
        advance(path.name)
        shot = read_shot_tags(path, limits)
        time_s, iso_said = shot or (None, None)
        if shot is None:
            frame = opened if path == first.path else _read(path, flags, limits)
            first.check(path, frame)
            time_s, iso_said = _number(frame.shot.exposure_time_s), _number(frame.shot.iso)
        told = told_by_name(path, folder)
        if told.dark is None:
            raise CalibrationError(
                f'{path}: neither its name nor its folders say "flat" or "dark"; rename them'
            )
        time = told.exposure_time_s if time_s is None else time_s
        if time is None:
            raise CalibrationError(
                f'{path}: no exposure time in its metadata, nor in its name as "10ms" or "0.5s"'
            )
        iso = told.iso if iso_said is None else iso_said
        iso_stated = iso_stated or bool(iso)
        stacks[told.dark, iso or ONE_GAIN, time, told.temperature_c].append(path)
    return CaptureSet(
        camera=profile.name,
        cfa=profile.cfa,
        bit_depth=profile.bit_depth,
        white_level_dn=profile.white_level_dn,
        black_level_dn=profile.black_level_dn,
        stacks=tuple(
            Stack(
                name=f"{'dark' if dark else 'flat'} {time:g} s ISO {iso:g}"
                + ("" if temperature is None else f" {temperature:g} degC"),
                dark=dark,
                exposure_time_s=time,
                iso=iso,
                photons=None,
                temperature_c=temperature,
                count=len(frames),
                frames=_opener(frames, flags, limits, first),
            )
            for (dark, iso, time, temperature), frames in sorted(stacks.items(), key=str)
        ),
        iso_stated=iso_stated,
    )


def _opener(
    paths: Sequence[Path],
    flags: DumpFlags | None,
    limits: Limits,
    first: "_Camera | None" = None,
) -> Callable[[], Iterator[NDArray[Any]]]:
    """Open files one after the other; with a first one, each must be of its camera."""

    def frames() -> Iterator[NDArray[Any]]:
        with one_child():
            for path in paths:
                frame = _read(path, flags, limits)
                if first is not None:
                    first.check(path, frame)
                yield frame.data[0, 0].numpy()

    return frames


def _read(path: Path, flags: DumpFlags | None, limits: Limits) -> Frame:
    frame = read(path, flags=flags, limits=limits)
    if frame.domain is not Domain.RAW:
        raise FileError(
            path,
            "it is a finished picture, not the sensor's numbers; for a mosaic in a PNG or TIFF say "
            "--cfa, --bits and --black-level",
        )
    return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Camera:
    """What every capture of a folder has as its first one has it."""

    path: Path
    traits: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, path: Path, frame: Frame) -> "_Camera":
        return cls(path=path, traits=_traits(frame))

    def check(self, path: Path, frame: Frame) -> None:
        """Raises CalibrationError for a frame of another camera or setting."""
        for (what, own), (_, other) in zip(self.traits, _traits(frame), strict=True):
            if own != other:
                raise CalibrationError(
                    f"{path}: {what} {other}, but {self.path.name} has {own}; captures of one "
                    "camera and one setting are needed"
                )


def _traits(frame: Frame) -> tuple[tuple[str, Any], ...]:
    profile = frame.need_profile()
    return (
        ("colour filters", profile.cfa.name),
        ("white level", profile.white_level_dn),
        ("size", tuple(frame.data.shape[-2:])),
    )


def _number(tensor: Any) -> float | None:
    return None if tensor is None else float(np.asarray(tensor).reshape(-1)[0])
