"""Headerless raw dumps: layout in flags or in a sidecar NAME.json, reading and writing."""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import FileError, OutputError, UsageError
from isp.files.limits import Limits
from isp.files.packing import PACKINGS, that_fit, unpack_rows
from isp.files.safe_write import safe_write

REQUIRED = ("width", "height", "bits", "cfa", "black_level")


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpFlags:
    """How a dump is laid out and what its numbers mean; None means not said.

    bits: of a DN. packing: u8, u16, mipi10, mipi12 or mipi14; by default the one that the bits
    ask for. stride, offset: bytes per row, bytes before the first frame. endian: little or
    big. align: lsb or msb, where the bits of a u16 sit. cfa: a name as RGGB, or rows as
    RG/GB. black_level: DN, one or one per CFA site. white_level: DN, by default 2^bits - 1.
    wb: gains R, G, B. frame: which of several frames, from 0.

    Raises UsageError for a value out of range.
    """

    width: int | None = None
    height: int | None = None
    bits: int | None = None
    packing: str | None = None
    stride: int | None = None
    offset: int | None = None
    endian: str | None = None
    align: str | None = None
    cfa: str | None = None
    black_level: tuple[float, ...] | None = None
    white_level: float | None = None
    wb: tuple[float, float, float] | None = None
    frame: int | None = None

    def __post_init__(self) -> None:
        """Check each value by itself."""
        for name, least in (
            ("width", 1),
            ("height", 1),
            ("bits", 1),
            ("stride", 1),
            ("offset", 0),
            ("frame", 0),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{name} must be at least {least}, got {value}")
        for name, allowed in (
            ("packing", tuple(PACKINGS)),
            ("endian", ("little", "big")),
            ("align", ("lsb", "msb")),
        ):
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise UsageError(f'{name} is one of {", ".join(allowed)}, got "{value}"')
        if self.bits is not None and self.bits > 16:
            raise UsageError(f"bits must be at most 16, got {self.bits}")
        numbers = (*(self.black_level or ()), *(self.wb or ()), self.white_level or 0.0)
        if not all(math.isfinite(v) for v in numbers):
            raise UsageError("black_level, white_level and wb must be finite numbers")
        if self.wb is not None and (len(self.wb) != 3 or min(self.wb) <= 0):
            raise UsageError(f"wb is three positive gains R,G,B, got {self.wb}")

    def said(self, names: Iterable[str]) -> list[str]:
        """Return which of the named flags have a value."""
        return [name for name in names if getattr(self, name) is not None]

    def over(self, sidecar: "DumpFlags") -> "DumpFlags":
        """Return these flags with the gaps filled from a sidecar."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(sidecar, **{name: v for name, v in said.items() if v is not None})

    def complete(self, *, size: tuple[int, int] | None = None) -> "DumpFlags":
        """Return the flags with packing, stride and white level worked out.

        size: width and height that the file itself tells (a mosaic in a PNG or TIFF).

        Raises UsageError listing what is missing, or where flags contradict each other.
        """
        flags = self
        if size is not None:
            if (flags.width or size[0], flags.height or size[1]) != size:
                raise UsageError(
                    f"width x height is said to be {flags.width} x {flags.height}, "
                    f"but the picture is {size[0]} x {size[1]}"
                )
            flags = replace(flags, width=size[0], height=size[1])
        if flags.bits is None and flags.packing is not None and flags.packing != "u16":
            flags = replace(flags, bits=PACKINGS[flags.packing].bits)
        missing = [name for name in REQUIRED if getattr(flags, name) is None]
        if missing:
            options = ", ".join("--" + name.replace("_", "-") for name in missing)
            raise UsageError(f"a headerless mosaic needs {options} (or the keys in a sidecar)")
        width, bits = int(flags.width or 0), int(flags.bits or 0)
        packing = flags.packing or ("u8" if bits <= 8 else "u16")
        if bits > PACKINGS[packing].bits:
            raise UsageError(f"{bits} bits do not fit the packing {packing}")
        row = PACKINGS[packing].row_bytes(width)
        if flags.stride is not None and flags.stride < row:
            raise UsageError(
                f"stride {flags.stride} is shorter than a row of {width} {packing} ({row} bytes)"
            )
        white = flags.white_level if flags.white_level is not None else float(2**bits - 1)
        if white > 2**bits - 1:
            raise UsageError(f"white_level {white:g} does not fit {bits} bits")
        if packing.startswith("mipi") and (flags.align == "msb" or flags.endian == "big"):
            raise UsageError(f"{packing} has its own order of bits; leave align and endian out")
        return replace(
            flags,
            packing=packing,
            stride=flags.stride or row,
            offset=flags.offset or 0,
            endian=flags.endian or "little",
            align=flags.align or "lsb",
            white_level=white,
        )


def sidecar_path(path: str | Path) -> Path:
    """Return where a file's facts are kept: `night.raw` and `night.dng` have `night.json`."""
    return Path(path).with_suffix(".json")


def refuse_foreign_sidecar(path: str | Path) -> None:
    """Check that no file of someone else stands where the sidecar goes, --force or not.

    Raises OutputError when NAME.json is there and no sidecar that fullwell wrote.
    """
    sidecar = sidecar_path(path)
    if not sidecar.exists():
        return
    try:
        known = json.loads(sidecar.read_text(encoding="utf-8"))
        is_ours = isinstance(known, dict) and isinstance(known.get("file"), str)
    except (OSError, ValueError, RecursionError):
        is_ours = False
    if not is_ours:
        raise OutputError(
            sidecar, "it is no sidecar of fullwell, and would be overwritten; move it"
        )


def read_sidecar(path: str | Path) -> DumpFlags:
    """Return the flags in a dump's sidecar; none where there is no sidecar of this file.

    `night.json` may belong to `night.raw` while `night.png` was developed from it: a sidecar
    with the key "file" speaks of that file only, and one for a PNG or TIFF must have it.
    Keys that are no flags (shot facts, notes) are left alone.

    Raises FileError naming sidecar and key for a value of the wrong type or range.
    """
    sidecar = sidecar_path(path)
    if not sidecar.is_file():
        return DumpFlags()
    try:
        known = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(sidecar, f"it is not a JSON file ({error})") from error
    if not isinstance(known, dict):
        raise FileError(sidecar, "a JSON object is expected")
    named = known.get("file")
    if named is None and Path(path).suffix.lower() in (".png", ".tif", ".tiff"):
        return DumpFlags()
    if named is not None and named != Path(path).name:
        return DumpFlags()
    return flags_from(known, sidecar)


def flags_from(known: dict[str, Any], origin: Path) -> DumpFlags:
    """Make flags of JSON values; `origin` is named in errors.

    Raises FileError naming the key.
    """
    values: dict[str, Any] = {}
    for name in (f.name for f in fields(DumpFlags) if f.name in known):
        value = known[name]
        try:
            values[name] = None if value is None else _PARSE.get(name, _integer)(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise FileError(origin, f'"{name}" cannot be {json.dumps(value)} ({error})') from error
    plain = {n: v for n, v in values.items() if v is not None}
    try:
        return DumpFlags(**plain)
    except UsageError as error:
        raise FileError(origin, str(error)) from error


def read_dump(path: str | Path, flags: DumpFlags, limits: Limits) -> np.ndarray:
    """Return one frame of a dump as (h, w) uint16 DN.

    flags: completed ones.

    Raises FileError where length and flags disagree, with the size expected and layouts that
    would fit.
    """
    path = Path(path)
    width, height, stride = int(flags.width or 0), int(flags.height or 0), int(flags.stride or 0)
    packing, start = str(flags.packing), int(flags.offset or 0)
    limits.check_pixels(path, width, height)
    length = path.stat().st_size
    limits.check_bytes(path, length)
    frame_bytes = height * stride
    frames, rest = divmod(length - start, frame_bytes)
    if rest or frames < 1 or (frames > 1 and flags.frame is None):
        raise FileError(path, _misfit(length, frames, rest, flags, frame_bytes))
    index = flags.frame or 0
    if index >= frames:
        raise FileError(path, f"frame {index} is asked for, but it holds {frames} (0 is the first)")
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    start += index * frame_bytes
    rows = np.asarray(mapped[start : start + frame_bytes]).reshape(height, stride)
    rows = rows[:, : PACKINGS[packing].row_bytes(width)]
    return settle_bits(unpack_rows(rows, packing, width, str(flags.endian)), flags)


def settle_bits(dn: np.ndarray, flags: DumpFlags) -> np.ndarray:
    """Move DN that sit in the upper bits of their container down to the lower ones.

    Raises UsageError for DN far above the bits: the layout is another.
    """
    container = 8 if flags.packing == "u8" else 16
    if flags.align == "msb" and flags.packing in ("u8", "u16"):
        return dn >> (container - int(flags.bits or container))
    bits = int(flags.bits or container)
    # Some cameras store a little above their range; twice of it is another layout.
    if dn.size and int(dn.max()) >= 2 ** (bits + 1):
        raise UsageError(
            f"DN up to {int(dn.max())} do not fit {bits} bits; pass --align msb, --endian or --bits"
        )
    return dn


def write_dump(
    path: str | Path,
    dn: np.ndarray,
    flags: DumpFlags,
    *,
    notes: dict[str, Any] | None = None,
    force: bool = False,
) -> None:
    """Write (h, w) DN as little-endian u16 rows and their sidecar; what `read_dump` reads.

    flags: bits, cfa, black_level and so on; layout keys are set here. notes: further keys.

    Raises OutputError, and UsageError for DN that are no integers in 0..65535.
    """
    height, width = dn.shape
    if np.any(dn != np.rint(dn)) or dn.min(initial=0) < 0 or dn.max(initial=0) > 65535:
        raise UsageError("a dump holds integers in 0..65535, but the DN hold others")
    laid_out = replace(
        flags, width=width, height=height, packing="u16", stride=2 * width, offset=0,
        endian="little", align="lsb", frame=None,
    ).complete()  # fmt: skip
    refuse_foreign_sidecar(path)
    said = {k: v for k, v in asdict(laid_out).items() if v is not None}
    said["file"] = Path(path).name
    text = json.dumps((notes or {}) | said, indent=1, sort_keys=True, allow_nan=False)
    with (
        safe_write(sidecar_path(path), force=force) as note,
        safe_write(path, force=force) as place,
    ):
        note.write_text(text + "\n", encoding="utf-8")
        np.ascontiguousarray(dn).astype("<u2").tofile(place)


def _misfit(length: int, frames: int, rest: int, flags: DumpFlags, frame_bytes: int) -> str:
    layout = f"{flags.width} x {flags.height} {flags.packing}"
    if not rest and frames > 1:
        return (
            f"it holds {frames} frames of {layout} ({frame_bytes} bytes each); "
            "say which with --frame (0 is the first)"
        )
    before = f" after {flags.offset} bytes" if flags.offset else ""
    expected = f"{layout} with stride {flags.stride} needs {frame_bytes} bytes{before}"
    left = max(0, length - int(flags.offset or 0))
    fits = that_fit(left, int(flags.width or 0), int(flags.height or 0)) if left else []
    would = f"; would fit: {', '.join(fits)}" if fits else "; no usual layout would fit"
    return f"{expected}, but the file has {length}{would}"


def _integer(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value:
        raise ValueError("a whole number is needed")
    return int(value)


def _numbers(value: Any) -> tuple[float, ...]:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(float(v) for v in value) if isinstance(value, (list, tuple)) else (float(value),)


_PARSE: dict[str, Callable[[Any], Any]] = {
    "packing": str,
    "endian": str,
    "align": str,
    "cfa": str,
    "black_level": _numbers,
    "white_level": float,
    "wb": _numbers,
}
