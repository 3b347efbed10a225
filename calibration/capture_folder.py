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

    A descriptor (a .txt with lines v, n, b, d, i) says all; the folder holds one at most, and its
    size and bits are compared with every picture that is opened. Without one, exposure time and ISO
    come from each file's metadata, or from its name and folders ("darks/iso400/10ms_01.png");
    whether it is a dark, from its name or folders. flags: how PNG, TIFF and headerless files are
    laid out. advance: called with each file's name. Of raw files whose tags say their shot only
    the first is decoded here; whether the others are of its camera, and sound, shows when their
    stack is opened.

    Raises FileError for a folder without captures, a file that cannot be read or is not as the
    descriptor says, and for two descriptors in one folder; CalibrationError where files
    contradict each other or do not say what they are.
    """
    folder, limits = Path(folder), limits or Limits()
    if folder.is_file():
        return _described(folder, read_descriptor(folder), flags, limits)
    if not folder.is_dir():
        raise FileError(folder, "there is no such folder")
    texts = sorted(folder.glob("*.txt"))
    descriptors = [text for text in texts if _is_descriptor(text)]
    if len(descriptors) > 1:
        names = " and ".join(text.name for text in descriptors)
        raise FileError(
            folder, f"{names} are EMVA descriptors, and one is expected; name the one to take"
        )
    if descriptors:
        return _described(descriptors[0], read_descriptor(descriptors[0]), flags, limits)
    with one_child():
        try:
            return _told(folder, flags, limits, advance or (lambda _: None))
        except (FileError, CalibrationError) as error:
            raise _with_texts(error, texts) from error


def _with_texts(
    error: FileError | CalibrationError, texts: Sequence[Path]
) -> FileError | CalibrationError:
    """The same error, with the text files that were meant for a descriptor and are none."""
    meant = [text.name for text in texts if _is_meant(text)]
    if not meant:
        return error
    names = ", ".join(meant)
    more = (
        f"; {names} would be read first, were it an EMVA descriptor: its first lines must begin "
        'with "v", "n", "b" or "d" and a space'
    )
    if isinstance(error, FileError):
        return type(error)(error.path, error.reason + more)
    return type(error)(f"{error}{more}")


def _is_descriptor(path: Path) -> bool:
    plain = _first_lines(path)
    return bool(plain) and all(line.startswith(DESCRIPTOR_BEGINS) for line in plain[:2])


def _is_meant(path: Path) -> bool:
    """Whether a text that is no descriptor was to be one: nothing is in it, or lines of one."""
    plain = _first_lines(path)
    return not plain or any(line.startswith((*DESCRIPTOR_BEGINS, "i ")) for line in plain)


def _first_lines(path: Path) -> list[str]:
    """What the beginning of a text holds beside comments."""
    with path.open("rb") as file:
        lines = file.read(4096).decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


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
                frames=_opener(each.paths, flags, limits, _Said.by(path, said, flags)),
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
    first: "_Camera | _Said",
) -> Callable[[], Iterator[NDArray[Any]]]:
    """Open files one after the other; each must be of the first one's camera, or as was said."""

    def frames() -> Iterator[NDArray[Any]]:
        with one_child():
            for path in paths:
                frame = _read(path, flags, limits)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a descriptor says of every picture. size: height, width."""

    path: Path
    bits: int
    size: tuple[int, int]

    @classmethod
    def by(cls, path: Path, said: Descriptor, flags: DumpFlags) -> "_Said":
        """As a descriptor says it, but for bits that the user stated."""
        return cls(path=path, bits=flags.bits or said.bit_depth, size=(said.height, said.width))

    def check(self, path: Path, frame: Frame) -> None:
        """Raises FileError for a picture of another size, or with codes beyond the bits."""
        height, width = frame.data.shape[-2:]
        if (height, width) != self.size:
            raise FileError(
                path,
                f"it has {width} x {height} pixels, but {self.path.name} says "
                f"{self.size[1]} x {self.size[0]} (n BITS WIDTH HEIGHT)",
            )
        highest = float(frame.data.max())
        if highest > 2**self.bits - 1:
            raise FileError(
                path,
                f"it has codes up to {highest:.0f}, but {self.bits} bits, as {self.path.name} or "
                f"--bits says, end at {2**self.bits - 1}",
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
