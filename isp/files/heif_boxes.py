"""The header of an AVIF or HEIC: what its boxes say of the picture, before a decoder sees it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BOXES = 10_000  # of a file: a damaged one could hold millions of empty boxes
# EXIF orientation of `irot` (turns of 90 degrees anticlockwise), then without or with a mirror
# that swaps top and bottom (`imir` 0) or left and right (1).
ORIENTATIONS = {
    (0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6,
    (0, 0): 4, (1, 0): 5, (2, 0): 2, (3, 0): 7,
    (0, 1): 2, (1, 1): 7, (2, 1): 4, (3, 1): 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HeifHeader:
    """Of the primary picture, as stored: before it is turned by `orientation` (of EXIF).

    cicp: primaries, transfer, matrix, full range. light_level: MaxCLL and MaxFALL in cd/m2.
    is_cropped: a clean aperture is to be cut out.
    """

    width: int
    height: int
    bit_depth: int | None
    cicp: tuple[int, int, int, int] | None
    icc: bytes | None
    light_level: tuple[int, int] | None
    orientation: int
    is_cropped: bool


def heif_header(stored: bytes) -> HeifHeader:
    """Read the properties of the primary item.

    Raises ValueError for what is damaged, or says no size.

    Source: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 sections 6.5 and 9.3 (properties).
    """
    try:
        return _header(stored)
    except (struct.error, IndexError) as error:
        raise ValueError("its boxes are damaged") from error


def boxes(stored: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, first byte of the content and end of each box between two places.

    Raises ValueError for a box that does not fit.
    """
    for _ in range(MOST_BOXES):
        if start >= end:
            return
        size, name = struct.unpack_from(">I4s", stored, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", stored, start + 8)
            head = 16
        stop = end if size == 0 else start + size
        if stop > end or stop < start + head:
            raise ValueError("its boxes do not fit into each other")
        yield name, start + head, stop
        start = stop
    raise ValueError("it has too many boxes")


def _header(stored: bytes) -> HeifHeader:
    start, end = _only(stored, b"meta", 0, len(stored))
    start += 4  # version and flags
    primary, _ = _only(stored, b"pitm", start, end)
    (item,) = struct.unpack_from(">H" if stored[primary] == 0 else ">I", stored, primary + 4)
    start, end = _only(stored, b"iprp", start, end)
    container = _only(stored, b"ipco", start, end)
    properties = list(boxes(stored, *container))
    wanted = _associated(stored, _only(stored, b"ipma", start, end), item)
    found: dict[bytes, bytes] = {}
    cicp = icc = None
    for index in wanted:
        if not 0 < index <= len(properties):
            continue  # 0: no property
        name, first, last = properties[index - 1]
        content = stored[first:last]
        if name == b"colr" and content[:4] == b"nclx":
            primaries, transfer, matrix, full = struct.unpack_from(">HHHB", content, 4)
            cicp = (primaries, transfer, matrix, full >> 7)
        elif name == b"colr" and content[:4] in (b"prof", b"rICC"):
            icc = content[4:]
        else:
            found[name] = content
    if b"ispe" not in found:
        raise ValueError("it does not say how large its picture is")
    width, height = struct.unpack_from(">II", found[b"ispe"], 4)
    return HeifHeader(
        width=width, height=height, bit_depth=_depth(found), cicp=cicp, icc=icc,
        light_level=struct.unpack_from(">HH", found[b"clli"]) if b"clli" in found else None,
        orientation=_orientation(found), is_cropped=b"clap" in found,
    )  # fmt: skip


def _only(stored: bytes, wanted: bytes, start: int, end: int) -> tuple[int, int]:
    for name, first, last in boxes(stored, start, end):
        if name == wanted:
            return first, last
    raise ValueError(f"it has no {wanted.decode()} box")


def _associated(stored: bytes, place: tuple[int, int], item: int) -> list[int]:
    """Numbers of the properties of an item, from 1, in their order."""
    start, _ = place
    version, flags = stored[start], stored[start + 3]
    (entries,) = struct.unpack_from(">I", stored, start + 4)
    wide, long = bool(flags & 1), version >= 1
    start += 8
    for _ in range(min(entries, MOST_BOXES)):
        (owner,) = struct.unpack_from(">I" if long else ">H", stored, start)
        start += 4 if long else 2
        count = stored[start]
        start += 1
        numbers = struct.unpack_from(f">{count}{'H' if wide else 'B'}", stored, start)
        start += count * (2 if wide else 1)
        if owner == item:
            return [number & (0x7FFF if wide else 0x7F) for number in numbers]
    raise ValueError("its primary picture has no properties")


def _depth(found: dict[bytes, bytes]) -> int | None:
    """Bits of a channel, from `pixi` or the codec's own configuration."""
    if b"pixi" in found:
        return found[b"pixi"][5]
    if b"av1C" in found:
        marks = found[b"av1C"][2]
        return (12 if marks & 0x20 else 10) if marks & 0x40 else 8
    if b"hvcC" in found:
        return 8 + (found[b"hvcC"][17] & 7)
    return None


def _orientation(found: dict[bytes, bytes]) -> int:
    turns = found[b"irot"][0] & 3 if b"irot" in found else 0
    mirror = found[b"imir"][0] & 1 if b"imir" in found else None
    return ORIENTATIONS[turns, mirror]
