"""The tags of a TIFF as they stand: code, type, count and bytes, to be given back untouched.

What a DNG says beside its pixels travels with a frame in this form, opaque, and is written back.
"""

import base64
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# Bytes and the unit that byte order turns around, per TIFF type.
WIDTHS = {1: (1, 1), 2: (1, 1), 3: (2, 2), 4: (4, 4), 5: (8, 4), 6: (1, 1), 7: (1, 1), 8: (2, 2),
          9: (4, 4), 10: (8, 4), 11: (4, 4), 12: (8, 8), 13: (4, 4)}  # fmt: skip
MOST_ENTRIES = 1000  # of an IFD
MOST_BYTES = 1 << 20  # of one tag that is kept
EXIF_POINTER, GPS_POINTER = 34665, 34853
# What describes these pixels' place and form in this file; the writer makes its own.
STRUCTURE = frozenset({
    254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 280, 281, 282, 283, 284, 296, 305,
    317, 320, 322, 323, 324, 325, 330, 338, 339, 340, 341, 347, 512, 513, 514, 529, 530, 531, 532,
    33421, 33422, 34665, 34853, 40965, 50706, 50707, 50710, 50711, 50712, 50713, 50714, 50715,
    50716, 50717, 50781, 50827, 50828, 50829, 50830, 50972, 50973, 50974, 50975, 51008, 51009,
    51022, 51111, 52547, 52548, 52549, 52553, 52554, 52555, 52556,
})  # fmt: skip
# Their bytes hold positions in the old file (MakerNote), or private data of unknown kind.
UNMOVABLE = frozenset({37500, 50740, 34858})


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTag:
    """One tag: little-endian bytes; ifd is main, exif or gps."""

    ifd: str
    code: int
    kind: int
    count: int
    payload: bytes

    @property
    def tag(self) -> int:
        """The code, under the name that an entry of `isp.files.tiff_patch` has it."""
        return self.code

    @property
    def is_too_long(self) -> bool:
        """Whether the bytes were left in the file."""
        return bool(self.count) and not self.payload

    def record(self) -> list[Any]:
        """Plain values for JSON."""
        return [self.ifd, self.code, self.kind, self.count, base64.b64encode(self.payload).decode()]


def tag_of(record: Sequence[Any]) -> RawTag:
    """Return the tag of a record.

    >>> tag = RawTag(ifd="main", code=271, kind=2, count=3, payload=b"ab" + bytes(1))
    >>> tag_of(tag.record()) == tag
    True
    """
    ifd, code, kind, count, text = record
    return RawTag(ifd=ifd, code=code, kind=kind, count=count, payload=base64.b64decode(text))


def kept_tags(path: Path, order: str, offsets: Iterable[int]) -> tuple[list[RawTag], list[int]]:
    """Return tags of the IFDs at these offsets, their EXIF and GPS too; and codes left behind.

    order: `<` or `>`, the file's. Of a tag that several IFDs hold the first counts. Structure and
    whatever holds positions in the file (MakerNote) is left out, as is a tag over 1 MiB.
    """
    found: dict[tuple[str, int], RawTag] = {}
    left: set[int] = set()
    with path.open("rb") as stream:
        for offset in offsets:
            pending = [("main", offset)]
            while pending:
                ifd, start = pending.pop()
                for tag in read_ifd(stream, order, start, ifd):
                    if tag.code in (EXIF_POINTER, GPS_POINTER) and ifd == "main":
                        (place,) = struct.unpack("<I", tag.payload[:4].ljust(4, b"\0"))
                        name = "exif" if tag.code == EXIF_POINTER else "gps"
                        pending.append((name, place))
                    elif tag.code in UNMOVABLE or tag.is_too_long:
                        left.add(tag.code)
                    elif ifd != "main" or tag.code not in STRUCTURE:
                        found.setdefault((ifd, tag.code), tag)
    return list(found.values()), sorted(left)


def read_ifd(stream: BinaryIO, order: str, offset: int, ifd: str = "main") -> list[RawTag]:
    """Read an IFD; entries of unknown type, or that reach beyond the file, are passed over.

    An entry longer than 1 MiB comes without its bytes.
    """
    size = stream.seek(0, 2)
    if not 0 < offset <= size - 2:
        return []
    stream.seek(offset)
    (count,) = struct.unpack(f"{order}H", stream.read(2))
    block = stream.read(12 * min(count, MOST_ENTRIES))
    tags = []
    for position in range(0, len(block) - 11, 12):
        code, kind, values = struct.unpack_from(f"{order}HHI", block, position)
        if kind not in WIDTHS:
            continue
        width, unit = WIDTHS[kind]
        length = width * values
        payload = block[position + 8 : position + 12][:length]
        if length > 4:
            (place,) = struct.unpack_from(f"{order}I", block, position + 8)
            if place + length > size:
                continue
            stream.seek(place)
            payload = stream.read(length) if length <= MOST_BYTES else b""
        if order == ">" and unit > 1:
            payload = np.frombuffer(payload, f">u{unit}").astype(f"<u{unit}").tobytes()
        tags.append(RawTag(ifd=ifd, code=code, kind=kind, count=values, payload=payload))
    return tags


def numbers_of(tag: RawTag) -> list[float]:
    """The numbers that a tag holds; of rationals the quotients, 0 where the denominator is."""
    if tag.kind in (5, 10):
        pairs = np.frombuffer(tag.payload, "<u4" if tag.kind == 5 else "<i4").reshape(-1, 2)
        return [n / d if d else 0.0 for n, d in pairs.tolist()]
    kind = {1: "<u1", 3: "<u2", 4: "<u4", 11: "<f4", 12: "<f8"}.get(tag.kind)
    return np.frombuffer(tag.payload, kind).tolist() if kind else []


def by_code(tags: Iterable[RawTag], ifd: str) -> Mapping[int, RawTag]:
    """The tags of one IFD by their codes."""
    return {tag.code: tag for tag in tags if tag.ifd == ifd}
