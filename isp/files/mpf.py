"""Multi-Picture Format: the segment that says where a JPEG's further pictures are."""

import struct
from typing import NamedTuple

from isp.files.jpeg_segments import APP2, segment, segments

NAME = b"MPF\x00"
BIG_ENDIAN = b"MM\x00*"
VERSION, COUNT, ENTRIES = 0xB000, 0xB001, 0xB002
UNDEFINED, LONG = 7, 4
BASELINE_PRIMARY = 0x030000  # CIPA DC-007, 5.2.3.3.1: type of the representative picture
ENTRY_BYTES = 16


class Place(NamedTuple):
    """Where a picture begins in the file, and how long it is."""

    start: int
    length: int


def mpf_segment(header_start: int, primary_length: int, other_length: int) -> bytes:
    """Return the segment for two pictures, the second right behind the first.

    header_start: where the file has the byte after the name, from which offsets count.
    primary_length: of the whole first JPEG, this segment included.

    Source: CIPA DC-007-2009, 5.2 (offsets 5.2.3.3.3).
    """
    first = struct.pack(">IIIHH", BASELINE_PRIMARY, primary_length, 0, 0, 0)
    second = struct.pack(">IIIHH", 0, other_length, primary_length - header_start, 0, 0)
    return segment(APP2, NAME + _index(first + second))


def _index(entries: bytes) -> bytes:
    """The TIFF structure: three tags, then the entries."""
    after = len(BIG_ENDIAN) + 4 + 2 + 3 * 12 + 4
    rows = (
        struct.pack(">HHI4s", VERSION, UNDEFINED, 4, b"0100"),
        struct.pack(">HHII", COUNT, LONG, 1, len(entries) // ENTRY_BYTES),
        struct.pack(">HHII", ENTRIES, UNDEFINED, len(entries), after),
    )
    return BIG_ENDIAN + struct.pack(">IH", 8, len(rows)) + b"".join(rows) + bytes(4) + entries


def further_pictures(stored: bytes) -> list[Place]:
    """Return the places of the pictures after the first, or none where the file lists none.

    Raises ValueError where the list is damaged or points outside the file.
    """
    for found in segments(stored):
        if found.marker == APP2 and found.content.startswith(NAME):
            origin = found.start + 4 + len(NAME)
            return _places(found.content[len(NAME) :], origin, len(stored))
    return []


def _places(index: bytes, origin: int, size: int) -> list[Place]:
    try:
        order = {b"MM": ">", b"II": "<"}[index[:2]]
        (first,) = struct.unpack_from(f"{order}I", index, 4)
        (count,) = struct.unpack_from(f"{order}H", index, first)
        tags = {}
        for row in range(count):
            tag, _, length, value = struct.unpack_from(f"{order}HHII", index, first + 2 + 12 * row)
            tags[tag] = (length, value)
        length, start = tags[ENTRIES]
        entries = [
            struct.unpack_from(f"{order}III", index, start + ENTRY_BYTES * number)
            for number in range(length // ENTRY_BYTES)
        ]
    except (KeyError, struct.error) as error:
        raise ValueError("its list of pictures is damaged") from error
    places = [Place(origin + offset, length) for _, length, offset in entries[1:]]
    if any(place.start + place.length > size for place in places):
        raise ValueError("its list of pictures points outside the file")
    return places
