"""The marker segments before the pixels of a JPEG: reading them and putting some in."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

SOI, SOS = 0xD8, 0xDA
APP0, APP1, APP2 = 0xE0, 0xE1, 0xE2
LARGEST = 65533  # bytes of content: the length field counts itself
ICC = b"ICC_PROFILE\x00"
XMP = b"http://ns.adobe.com/xap/1.0/\x00"


class Segment(NamedTuple):
    """marker: the byte after 0xFF. content: without marker and length. start: of the marker."""

    marker: int
    content: bytes
    start: int


def segments(stored: bytes) -> Iterator[Segment]:
    """Yield the segments between the start of an image and its pixels.

    Raises ValueError where the bytes are no JPEG, or end inside a segment.

    Source: ITU-T T.81, B.1.1.
    """
    if stored[:2] != bytes([0xFF, SOI]):
        raise ValueError("it does not begin as a JPEG does")
    place = 2
    while True:
        if place + 4 > len(stored) or stored[place] != 0xFF:
            raise ValueError("its marker segments are damaged")
        marker = stored[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        if marker == SOS:
            return
        length = int.from_bytes(stored[place + 2 : place + 4], "big")
        if length < 2 or place + 2 + length > len(stored):
            raise ValueError("its marker segments are damaged")
        yield Segment(marker, stored[place + 4 : place + 2 + length], place)
        place += 2 + length


def segment(marker: int, content: bytes) -> bytes:
    """Return the bytes of a marker segment.

    Raises ValueError for more than 65533 bytes.

    >>> segment(APP1, b"ab").hex()
    'ffe100046162'
    """
    if len(content) > LARGEST:
        raise ValueError(f"{len(content)} bytes are more than a JPEG segment holds")
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def icc_segment(profile: bytes) -> bytes:
    """Return a profile in one segment (ICC.1:2022, annex B.4)."""
    return segment(APP2, ICC + bytes([1, 1]) + profile)


def xmp_segment(packet: bytes) -> bytes:
    """Return an XMP packet in a segment (ISO 16684-3, 1.1.3)."""
    return segment(APP1, XMP + packet)


def with_segments(stored: bytes, added: Sequence[bytes]) -> bytes:
    """Return a JPEG with segments put in after its JFIF header, or at its start without one.

    Raises ValueError where the bytes are no JPEG.
    """
    end = 2
    for found in segments(stored):
        if found.marker == APP0:
            end = found.start + 4 + len(found.content)
        break
    return stored[:end] + b"".join(added) + stored[end:]
