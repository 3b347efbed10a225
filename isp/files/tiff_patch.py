"""Finish a TIFF that tifffile wrote: an EXIF IFD, and tag values it refuses to write."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from isp.files.tiff_tags import RawTag

SHORT, LONG, RATIONAL, UNDEFINED, ASCII = 3, 4, 5, 7, 2
EXIF_POINTER = 34665
PLACEHOLDER = 34666  # tifffile drops 34665, so this tag is written in its place
GPS_POINTER, GPS_PLACEHOLDER = 34853, 34854
_FORMATS = {SHORT: "H", LONG: "I", RATIONAL: "I", UNDEFINED: "B", ASCII: "B"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tag of an IFD; a RATIONAL's values are numerator, denominator."""

    tag: int
    kind: int
    values: Sequence[int]

    @property
    def payload(self) -> bytes:
        """The values, little-endian."""
        return struct.pack(f"<{len(self.values)}{_FORMATS[self.kind]}", *self.values)

    @property
    def count(self) -> int:
        """How many values TIFF counts."""
        return len(self.values) // 2 if self.kind == RATIONAL else len(self.values)


def finish(
    path: Path,
    exif: Sequence[Entry | RawTag],
    shorts: Mapping[int, int],
    gps: Sequence[Entry | RawTag] = (),
) -> None:
    """Append EXIF and GPS IFDs to a little-endian TIFF, point IFD 0 to them, and set SHORT tags.

    exif, gps: nothing is appended when empty. shorts: tag to the value it gets in IFD 0.

    Raises ValueError when a tag to be patched is not there.
    """
    content = bytearray(path.read_bytes())
    places = _places(content)
    for tag, value in shorts.items():
        struct.pack_into("<HHIHH", content, _find(places, tag), tag, SHORT, 1, value, 0)
    for entries, placeholder, pointer in (
        (exif, PLACEHOLDER, EXIF_POINTER), (gps, GPS_PLACEHOLDER, GPS_POINTER),
    ):  # fmt: skip
        if entries:
            content += b"\0" * (len(content) % 2)
            place = _find(places, placeholder)
            struct.pack_into("<HHII", content, place, pointer, LONG, 1, len(content))
            content += _ifd(entries, len(content))
    path.write_bytes(content)


def _ifd(entries: Sequence[Entry | RawTag], start: int) -> bytes:
    """Serialise an IFD that begins at byte `start`: entries, no next IFD, long values."""
    ordered = sorted(entries, key=lambda e: e.tag)
    head, tail = bytearray(struct.pack("<H", len(ordered))), bytearray()
    behind = start + 2 + 12 * len(ordered) + 4
    for entry in ordered:
        payload = entry.payload
        head += struct.pack("<HHI", entry.tag, entry.kind, entry.count)
        if len(payload) <= 4:
            head += payload.ljust(4, b"\0")
        else:
            head += struct.pack("<I", behind + len(tail))
            tail += payload + b"\0" * (len(payload) % 2)
    return bytes(head + struct.pack("<I", 0) + tail)


def _places(content: bytearray) -> dict[int, int]:
    """Byte position of each entry of IFD 0."""
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    positions = [start + 2 + 12 * i for i in range(count)]
    return {struct.unpack_from("<H", content, p)[0]: p for p in positions}


def _find(places: Mapping[int, int], tag: int) -> int:
    if tag not in places:
        raise ValueError(f"tag {tag} is not in IFD 0")
    return places[tag]
