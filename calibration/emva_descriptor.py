"""The descriptor file of EMVA 1288 captures: which image is which exposure."""

import math
from dataclasses import dataclass
from pathlib import Path

from isp.core.errors import FileError

NANOSECONDS = 1e9
LARGEST = 1 << 20  # bytes of a descriptor; real ones have some 30 thousand
MOST_BITS = 16  # of the pictures' codes
SHAPES = {"n": "n BITS WIDTH HEIGHT", "b": "b TIME PHOTONS", "d": "d TIME", "i": "i FILE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Frames taken alike.

    photons: mean per pixel; None in the dark. exposure_time_s: as the file has it.
    """

    exposure_time_s: float
    photons: float | None
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What a descriptor says: the bits, the size, the exposures in its order."""

    bit_depth: int
    width: int
    height: int
    exposures: tuple[Exposure, ...]


def read_descriptor(path: str | Path) -> Descriptor:
    r"""Read the text of a descriptor: lines v, n, b, d, i; # begins a comment.

    `b TIME PHOTONS` and `d TIME` begin a bright or a dark exposure, its time in nanoseconds; each
    `i FILE` after it is a frame, relative to the descriptor, \ or / between folders. Times and
    photons are 0 or more: the first level of a series may be of no light.

    Raises FileError naming file, line and reason.

    Source: the data sets of the EMVA 1288 reference implementation, `EMVA1288_Data.txt`.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise FileError(path, f"a descriptor has less than {LARGEST} bytes")
        text = path.read_text(encoding="utf-8", errors="strict")
    except (OSError, UnicodeDecodeError) as error:
        raise error if isinstance(error, FileError) else FileError(path, str(error)) from error
    size: tuple[int, int, int] | None = None
    found: list[tuple[float, float | None, list[Path]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        key, *words = line.split(maxsplit=1) or ["#"]
        if key.startswith("#") or key == "v":
            continue
        rest = words[0].strip() if words else ""
        try:
            if key == "n":
                size = _size(rest)
            elif key == "b":
                time, photons = _numbers(key, rest)
                found.append((time / NANOSECONDS, photons, []))
            elif key == "d":
                found.append((_numbers(key, rest)[0] / NANOSECONDS, None, []))
            elif key == "i":
                found[-1][2].append(_frame_path(path, rest))
            else:
                raise ValueError(f'it begins with "{key}"; v, n, b, d or i is expected')
        except (ValueError, IndexError) as error:
            reason = "an image before its exposure" if isinstance(error, IndexError) else error
            raise FileError(path, f"line {number}: {reason}") from error
    if size is None or not found:
        raise FileError(path, "it has no line n with bits, width and height, or no exposure")
    return Descriptor(
        bit_depth=size[0],
        width=size[1],
        height=size[2],
        exposures=tuple(
            Exposure(exposure_time_s=time, photons=photons, paths=tuple(paths))
            for time, photons, paths in found
        ),
    )


def descriptor_text(descriptor: Descriptor, folder: Path) -> str:
    """Write what `read_descriptor` reads, paths relative to a folder."""
    lines = [
        "v 4.0",
        f"n {descriptor.bit_depth} {descriptor.width} {descriptor.height}",
    ]
    for exposure in descriptor.exposures:
        time = f"{exposure.exposure_time_s * NANOSECONDS:.10g}"
        dark = exposure.photons is None
        lines.append(f"d {time}" if dark else f"b {time} {exposure.photons!r}")
        lines += [f"i {frame.relative_to(folder).as_posix()}" for frame in exposure.paths]
    return "\n".join(lines) + "\n"


def _size(words: str) -> tuple[int, int, int]:
    try:
        bits, width, height = (int(word) for word in words.split())
    except ValueError:
        raise _unlike("n", words) from None
    if not 1 <= bits <= MOST_BITS or min(width, height) < 1:
        raise ValueError(
            f'"n {words}": 1 to {MOST_BITS} bits and a width and height of 1 or more are expected'
        )
    return bits, width, height


def _numbers(key: str, words: str) -> list[float]:
    """A time and, in the light, photons: as many as the line has words, finite, 0 or more."""
    names = SHAPES[key].split()[1:]
    try:
        values = [float(word) for word in words.split()]
    except ValueError:
        raise _unlike(key, words) from None
    if len(values) != len(names):
        raise _unlike(key, words)
    for name, value in zip(names, values, strict=True):
        if not math.isfinite(value) or value < 0:
            raise ValueError(
                f"{name} is {value:g}; a finite number of 0 or more is expected ({SHAPES[key]})"
            )
    return values


def _unlike(key: str, words: str) -> ValueError:
    return ValueError(f'"{key} {words}" is not "{SHAPES[key]}", numbers with spaces between')


def _frame_path(descriptor: Path, words: str) -> Path:
    if not words:
        raise ValueError(f'no file is named; "{SHAPES["i"]}" is expected')
    frame = Path(words.replace("\\", "/"))
    inside = (descriptor.parent / frame).resolve()
    if frame.is_absolute() or not inside.is_relative_to(descriptor.parent.resolve()):
        raise ValueError(f"{words} is not inside the descriptor's folder")
    return descriptor.parent / frame
