"""Say in a JPEG XL's header what luminance 1.0 is, which the library that wrote it cannot."""

import struct

import numpy as np

from isp.files.heif_boxes import boxes
from isp.files.jxl_header import SIGNATURE, JxlHeader, parse

MOST = 65504.0  # it is stored as a half float


def with_intensity_target(stored: bytes, cd_m2: float) -> bytes:
    """Return a lossless JPEG XL with its intensity target set, rounded to a half float.

    A lossy one is coded in a space that depends on the target, so it is refused.

    Raises ValueError for a luminance that no half float holds, and for a file that is not made of
    plain header fields and frames.

    Source: ISO/IEC 18181-1:2024, D.3 (image metadata) and D.3.5 (tone mapping).
    """
    if not 0 < cd_m2 <= MOST:
        raise ValueError(f"an intensity target is above 0 and at most {MOST:g} cd/m2, not {cd_m2}")
    if stored.startswith(SIGNATURE):
        return _changed(stored, cd_m2)
    for name, start, end in boxes(stored, 0, len(stored)):
        if name in (b"jxlc", b"jxlp"):
            first = start + (4 if name == b"jxlp" else 0)  # a part begins with its number
            changed = _changed(stored[first:end], cd_m2)
            whole = stored[start:first] + changed
            head = struct.pack(">I4s", 8 + len(whole), name)
            return stored[: start - 8] + head + whole + stored[end:]
    raise ValueError("it holds no codestream")


def _changed(stream: bytes, cd_m2: float) -> bytes:
    header = parse(stream)
    if header.is_xyb or header.has_icc or header.extra_at < 0:
        raise ValueError("only a lossless picture with code points takes an intensity target")
    bits = np.unpackbits(np.frombuffer(stream[:4096], np.uint8), bitorder="little").tolist()
    after = bits[header.end : header.end + 3]
    if after != [0, 0, 1]:  # no extensions, the default transform
        raise ValueError("its header has fields that are not expected")
    said = [*_front(bits, header), 0, *_half(cd_m2), *_half(0.0), 0, *_half(0.0), *after]
    packed = np.packbits(np.array(said, np.uint8), bitorder="little").tobytes()
    old = -(-(header.end + 3) // 8)  # frames begin on a whole byte
    return packed + stream[old:]


def _front(bits: list[int], header: JxlHeader) -> list[int]:
    """What stands before tone mapping, with the extra fields announced: upright, nothing else."""
    if header.has_extra_fields:
        return bits[: header.tone_at]
    upright = [1, 0, 0, 0, 0, 0, 0]  # announced; orientation 1; no size, preview or animation
    return [*bits[: header.extra_at], *upright, *bits[header.extra_at + 1 : header.tone_at]]


def _half(value: float) -> list[int]:
    coded = np.frombuffer(struct.pack("<e", value), np.uint8)
    return [int(bit) for bit in np.unpackbits(coded, bitorder="little")]
