"""The opcode lists of a DNG: what a reader is asked to do to the pixels, and whether it must.

Here lists are read and written; `isp.files.opcode_parameters` reads what an opcode says and
`isp.files.opcode_pixels` does it. LibRaw executes one kind, at decoding: MapPolynomial in list 2
of a lossy DNG, whose 8-bit codes it expands by it.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

NAMES = {
    1: "WarpRectilinear",
    2: "WarpFisheye",
    3: "FixVignetteRadial",
    4: "FixBadPixelsConstant",
    5: "FixBadPixelsList",
    6: "TrimBounds",
    7: "MapTable",
    8: "MapPolynomial",
    9: "GainMap",
    10: "DeltaPerRow",
    11: "DeltaPerColumn",
    12: "ScalePerRow",
    13: "ScalePerColumn",
    14: "WarpRectilinear2",
}
_HEADER = struct.Struct(">I4sII")  # id, DNG version, flags, length: big-endian in any DNG
_OPTIONAL = 1  # flag bit 0: a reader that does not know the opcode may skip it
_AREA = struct.Struct(">8I")  # top, left, bottom, right, plane, planes, row pitch, column pitch
MAP_POLYNOMIAL = 8
MOST_OPCODES = 256  # of one list; each costs a pass over the picture
LOSSY_JPEG = 34892  # TIFF Compression


@dataclass(frozen=True, slots=True, kw_only=True)
class Opcode:
    """One instruction: which list (1 stored values, 2 linear mosaic, 3 after demosaic)."""

    list_number: int
    code: int
    version: tuple[int, ...]
    is_optional: bool
    parameters: bytes

    @property
    def name(self) -> str:
        """The DNG specification's name, or the number where it is unknown."""
        return NAMES.get(self.code, f"opcode {self.code}")

    def record(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "list": self.list_number,
            "id": self.code,
            "name": self.name,
            "optional": self.is_optional,
        }


def parse_opcodes(value: bytes, list_number: int) -> tuple[Opcode, ...]:
    """Read an OpcodeList1, 2 or 3.

    Raises ValueError when the lengths inside do not fit the list.

    >>> gain_map = struct.pack(">I4sII", 9, bytes([1, 3, 0, 0]), 1, 2) + b"ab"
    >>> [opcode] = parse_opcodes(struct.pack(">I", 1) + gain_map, 2)
    >>> opcode.name, opcode.is_optional, opcode.parameters
    ('GainMap', True, b'ab')
    """
    if len(value) < 4:
        raise ValueError(
            f"OpcodeList{list_number} is {len(value)} bytes long, shorter than a count"
        )
    (count,) = struct.unpack_from(">I", value)
    if count > MOST_OPCODES:
        raise ValueError(f"OpcodeList{list_number} says {count} opcodes; {MOST_OPCODES} are read")
    opcodes = []
    position = 4
    for _ in range(count):
        if position + _HEADER.size > len(value):
            raise ValueError(f"OpcodeList{list_number} says {count} opcodes, but ends early")
        code, version, flags, length = _HEADER.unpack_from(value, position)
        position += _HEADER.size
        if position + length > len(value):
            raise ValueError(f"opcode {code} of OpcodeList{list_number} is cut short")
        opcodes.append(
            Opcode(
                list_number=list_number,
                code=code,
                version=tuple(version),
                is_optional=bool(flags & _OPTIONAL),
                parameters=value[position : position + length],
            )
        )
        position += length
    return tuple(opcodes)


def opcode_bytes(opcodes: Sequence[Opcode]) -> bytes:
    r"""Write a list, as the tag holds it; the inverse of `parse_opcodes`.

    >>> opcode_bytes(())
    b'\x00\x00\x00\x00'
    """
    parts = [struct.pack(">I", len(opcodes))]
    for opcode in opcodes:
        flags = _OPTIONAL if opcode.is_optional else 0
        length = len(opcode.parameters)
        parts.append(_HEADER.pack(opcode.code, bytes(opcode.version), flags, length))
        parts.append(opcode.parameters)
    return b"".join(parts)


def is_executed_by_libraw(opcode: Opcode, compression: int, width: int, height: int) -> bool:
    """Whether LibRaw's pixels already hold the opcode's result.

    True only for a MapPolynomial of degree 8 or less over a whole plane in list 2 of a
    lossy-JPEG DNG (`lossy_dng_load_raw`; measured on a Canon 6D file).
    """
    if (opcode.code, opcode.list_number, compression) != (MAP_POLYNOMIAL, 2, LOSSY_JPEG):
        return False
    if len(opcode.parameters) < _AREA.size + 4:
        return False
    top, left, bottom, right, plane, planes, *pitch = _AREA.unpack_from(opcode.parameters)
    (degree,) = struct.unpack_from(">I", opcode.parameters, _AREA.size)
    whole = (top, left, bottom, right) == (0, 0, height, width) and pitch == [1, 1]
    return whole and plane <= 2 and planes == 1 and degree <= 8
