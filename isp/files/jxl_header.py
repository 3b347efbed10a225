"""The header of a JPEG XL codestream: size, depth, colours and intensity target, bit by bit."""

import struct
from dataclasses import dataclass, replace

from isp.files.heif_boxes import boxes

SIGNATURE = b"\xff\x0a"
CONTAINER = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
MOST_HEADER_BYTES = 1 << 16
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
# (first value, bits that are added) of each choice of a U32.
SIZE = ((1, 9), (1, 13), (1, 18), (1, 30))
INTRINSIC = SIZE
INTEGER_BITS = ((8, 0), (10, 0), (12, 0), (1, 6))
FLOAT_BITS = ((32, 0), (16, 0), (24, 0), (1, 6))
ENUM = ((0, 0), (1, 0), (2, 4), (18, 6))
EXTRA = ((0, 0), (1, 0), (2, 4), (1, 12))
CUSTOM_XY = ((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
GREY, XYB = 1, 2
PRIMARIES = {1: 1, 9: 9, 11: 12}  # JPEG XL's numbers to those of H.273
D65 = 1
SRGB = (1, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class JxlHeader:
    """Of the picture as it is shown upright, if a decoder turns it.

    cicp: primaries and transfer, None where an ICC profile or own numbers say the colours.
    intensity_target_cd_m2: luminance of 1.0, None where it is not said.
    is_xyb: lossy, in a space of its own.
    extra_at, tone_at, end: bits of the codestream where the extra fields are announced, where
        tone mapping stands or would stand, and where the header ends; for a writer.
    """

    width: int
    height: int
    bit_depth: int = 8
    is_float: bool = False
    cicp: tuple[int, int] | None = SRGB
    has_icc: bool = False
    is_xyb: bool = True
    intensity_target_cd_m2: float | None = None
    has_extra_fields: bool = False
    extra_at: int = -1
    tone_at: int = -1
    end: int = -1


def jxl_header(stored: bytes) -> JxlHeader:
    """Read the header of a bare codestream, or of the one in a container.

    Raises ValueError where it is damaged or cut short.

    Source: ISO/IEC 18181-1:2024 sections 9.2 (fields), D.2 and D.3 (size, image metadata), E.2
    (colour encoding); ISO/IEC 18181-2 (container).
    """
    return parse(codestream(stored))


def codestream(stored: bytes) -> bytes:
    """The first bytes of the codestream, enough for its header.

    Raises ValueError where there is none.
    """
    if stored.startswith(SIGNATURE):
        return stored[:MOST_HEADER_BYTES]
    joined = b""
    try:
        for name, start, end in boxes(stored, 0, len(stored)):
            if name == b"jxlc":
                return stored[start : min(end, start + MOST_HEADER_BYTES)]
            if name == b"jxlp":
                joined += stored[start + 4 : min(end, start + MOST_HEADER_BYTES)]
                if len(joined) >= MOST_HEADER_BYTES:
                    break
    except struct.error as error:
        raise ValueError("its boxes are damaged") from error
    except ValueError:
        if not joined:
            raise
    return joined


class Bits:
    """A reader of little-endian bits."""

    def __init__(self, stored: bytes, at: int = 0) -> None:
        self.value = int.from_bytes(stored, "little")
        self.length = 8 * len(stored)
        self.at = at

    def take(self, count: int) -> int:
        if self.at + count > self.length:
            raise ValueError("its header is cut short")
        taken = (self.value >> self.at) & ((1 << count) - 1)
        self.at += count
        return taken

    def flag(self) -> bool:
        return self.take(1) == 1

    def number(self, choices: tuple[tuple[int, int], ...]) -> int:
        first, bits = choices[self.take(2)]
        return first + self.take(bits)

    def half(self) -> float:
        value: float = struct.unpack("<e", struct.pack("<H", self.take(16)))[0]
        return value


def parse(stream: bytes) -> JxlHeader:
    """`jxl_header` of a codestream."""
    if not stream.startswith(SIGNATURE):
        raise ValueError("its codestream does not begin as JPEG XL does")
    bits = Bits(stream[:4096], 16)
    width, height = _size(bits)
    header = JxlHeader(width=width, height=height)
    if bits.flag():  # all default
        return header
    header = replace(header, extra_at=bits.at, has_extra_fields=bits.flag())
    orientation = 1
    if header.has_extra_fields:
        orientation = 1 + bits.take(3)
        if bits.flag():
            _size(bits)  # of the intrinsic picture
        if bits.flag() or bits.flag():
            raise ValueError("it holds a preview or an animation, which is not read")
    is_float, depth = _depth(bits)
    bits.take(1)  # whether 16-bit buffers suffice
    for _ in range(bits.number(EXTRA)):
        _extra_channel(bits)
    is_xyb = bits.flag()
    cicp, has_icc = _colours(bits)
    tone_at, target = bits.at, None
    if header.has_extra_fields and not bits.flag():
        target = bits.half()
        bits.take(16 + 1 + 16)  # least luminance, and what is linear below
    if orientation > 4:
        width, height = height, width
    return replace(
        header, width=width, height=height, bit_depth=depth, is_float=is_float, cicp=cicp,
        has_icc=has_icc, is_xyb=is_xyb, intensity_target_cd_m2=target, tone_at=tone_at,
        end=bits.at,
    )  # fmt: skip


def _size(bits: Bits) -> tuple[int, int]:
    is_small = bits.flag()
    height = 8 * (1 + bits.take(5)) if is_small else bits.number(SIZE)
    ratio = bits.take(3)
    if ratio:
        times, by = RATIOS[ratio - 1]
        return height * times // by, height
    return (8 * (1 + bits.take(5)) if is_small else bits.number(SIZE)), height


def _depth(bits: Bits) -> tuple[bool, int]:
    is_float = bits.flag()
    depth = bits.number(FLOAT_BITS if is_float else INTEGER_BITS)
    if is_float:
        bits.take(4)  # of its exponent
    return is_float, depth


def _extra_channel(bits: Bits) -> None:
    if bits.flag():  # alpha of 8 bits
        return
    kind = bits.number(ENUM)
    _depth(bits)
    bits.number(((0, 0), (3, 0), (4, 0), (1, 3)))  # how much smaller it is
    letters = bits.number(((0, 0), (0, 4), (16, 5), (48, 10)))
    bits.take(8 * letters)
    if kind == 0:
        bits.take(1)  # whether colours are multiplied by alpha
    elif kind == 2:
        bits.take(4 * 16)  # a spot colour
    elif kind == 5:
        bits.number(((1, 0), (0, 2), (3, 4), (19, 8)))  # a site of a mosaic


def _colours(bits: Bits) -> tuple[tuple[int, int] | None, bool]:
    """Code points, or None; and whether there is an ICC profile."""
    if bits.flag():  # all default
        return SRGB, False
    if bits.flag():
        bits.number(ENUM)  # kind of space
        return None, True
    kind = bits.number(ENUM)
    if kind == XYB:
        return None, False
    white = bits.number(ENUM)
    if white == 2:
        _custom(bits, 1)
    primaries = 1
    if kind != GREY:
        primaries = bits.number(ENUM)
        if primaries == 2:
            _custom(bits, 3)
    if bits.flag():  # a power
        bits.take(24)
        transfer = None
    else:
        transfer = bits.number(ENUM)  # numbers of H.273
    bits.number(ENUM)  # rendering intent
    if white != D65 or primaries not in PRIMARIES or transfer is None:
        return None, False
    return (PRIMARIES[primaries], transfer), False


def _custom(bits: Bits, count: int) -> None:
    for _ in range(2 * count):
        bits.number(CUSTOM_XY)
