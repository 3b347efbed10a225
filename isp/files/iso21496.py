"""ISO 21496-1 gain-map metadata as bytes, and back."""

import struct

from isp.core.errors import FrameError
from isp.files.gain_map import GainMapFacts

URN = b"urn:iso:std:iso:ts:21496:-1\x00"
VERSION = struct.pack(">HH", 0, 0)  # the least that a reader needs, and the writer's
THREE_CHANNELS, BASE_COLOURS, COMMON_DENOMINATOR, BACKWARD = 0x80, 0x40, 0x08, 0x04
DENOMINATOR = 2**24
LARGEST = 127.0  # what a signed numerator holds over it


def pack_facts(facts: GainMapFacts) -> bytes:
    """Return the metadata, without the URN before it: 61 bytes for one channel, 141 for three.

    Raises FrameError for a number beyond 127.

    Source: ISO 21496-1:2025, annex C (layout as libultrahdr 1.4 writes it, CONVENTIONS 1.4).
    """
    flags = BASE_COLOURS | (THREE_CHANNELS if facts.channels == 3 else 0)
    packed = VERSION + bytes([flags])
    packed += _unsigned(facts.base_headroom) + _unsigned(facts.alternate_headroom)
    for channel in range(facts.channels):
        packed += _signed(facts.least[channel]) + _signed(facts.most[channel])
        packed += _unsigned(facts.gamma[channel])
        packed += _signed(facts.base_offset[channel]) + _signed(facts.alternate_offset[channel])
    return packed


def unpack_facts(packed: bytes) -> GainMapFacts:
    """Return what metadata says, with one denominator a number or one for all.

    Raises ValueError where they are cut short or say what is not read: another version, gains in
    the alternate's colours, an HDR base.
    """
    try:
        least_version, _, flags = struct.unpack_from(">HHB", packed)
        if least_version != 0:
            raise ValueError(f"its gain map needs a reader of version {least_version}")
        if flags & BACKWARD:
            raise ValueError("its base is the HDR rendition; only an SDR base is read")
        if not flags & BASE_COLOURS:
            raise ValueError("its gains are in the alternate's colours, which is not read")
        channels = 3 if flags & THREE_CHANNELS else 1
        numbers = _numbers(packed[5:], 2 + 5 * channels, bool(flags & COMMON_DENOMINATOR))
    except (struct.error, ZeroDivisionError) as error:
        raise ValueError("its gain map's metadata are damaged") from error
    rows = [numbers[2 + 5 * c : 7 + 5 * c] for c in range(channels)] * (3 // channels)
    least, most, gamma, base_offset, alternate_offset = zip(*rows, strict=True)
    try:
        return GainMapFacts(
            least=least,
            most=most,
            gamma=gamma,
            base_offset=base_offset,
            alternate_offset=alternate_offset,
            base_headroom=numbers[0],
            alternate_headroom=numbers[1],
            channels=channels,
        )
    except FrameError as error:
        raise ValueError(str(error)) from error


def _numbers(packed: bytes, count: int, common: bool) -> list[float]:
    # Signed: least, most and both offsets of each channel; not the headrooms and gamma.
    signs = "II" + "iiIii" * ((count - 2) // 5)
    if common:
        (below,) = struct.unpack_from(">I", packed)
        return [above / below for above in struct.unpack_from(f">{signs}", packed, 4)]
    pairs = struct.unpack_from(">" + "".join(f"{sign}I" for sign in signs), packed)
    return [above / below for above, below in zip(pairs[::2], pairs[1::2], strict=True)]


def _signed(value: float) -> bytes:
    return struct.pack(">iI", _numerator(value), DENOMINATOR)


def _unsigned(value: float) -> bytes:
    return struct.pack(">II", _numerator(value), DENOMINATOR)


def _numerator(value: float) -> int:
    if abs(value) > LARGEST:
        raise FrameError(f"a gain map's number of {value:g} is beyond {LARGEST:g}")
    return round(value * DENOMINATOR)
