"""ICC profiles of display spaces: primaries and a curve, nothing else, and no clock."""

import struct

import numpy as np

from isp.core.colour import D50_XYZ, PRIMARIES, adaptation_xyz, rgb_to_xyz, xy_to_xyz
from isp.core.errors import UsageError

NAMES = {"bt709": "BT.709", "p3": "Display P3", "bt2020": "BT.2020"}
# parametricCurveType 3 (g, a, b, c, d) of each curve: IEC 61966-2-1; ITU-R BT.2020-2 table 4.
CURVES = {
    "srgb": (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "linear": (1.0, 1.0, 0.0, 1.0, 0.0),
}
HEADER_BYTES = 128
SAME = 2e-3  # makers round primaries and adapt by matrices of different digits


def icc_profile(space: str, transfer: str) -> bytes:
    """Return a matrix and curve profile, version 4.

    Raises UsageError for a space or curve that it cannot say (PQ and HLG are no such curves).

    Source: ICC.1:2022, sections 7 (header, tag table), 9.2 (tags), 10.15 and 10.18 (curve, text).

    >>> icc_profile("p3", "srgb")[36:40]
    b'acsp'
    """
    if space not in NAMES or transfer not in CURVES:
        raise UsageError(f'no ICC profile of "{space}" with the curve "{transfer}"')
    primaries = PRIMARIES[space]
    white = xy_to_xyz((primaries[6], primaries[7]))
    adapted = adaptation_xyz(white, D50_XYZ)
    columns = (adapted @ rgb_to_xyz(primaries)).T
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(CURVES[transfer])
    tags = {
        b"desc": _text(f"{NAMES[space]} with the {transfer} curve"),
        b"cprt": _text("no copyright"),
        b"wtpt": _xyz(D50_XYZ),
        b"chad": b"sf32" + bytes(4) + _fixed(adapted.ravel()),
        b"rXYZ": _xyz(columns[0]),
        b"gXYZ": _xyz(columns[1]),
        b"bXYZ": _xyz(columns[2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = _laid_out(tags)
    return _header(HEADER_BYTES + len(table) + len(body)) + table + body


def space_of(profile: bytes | None) -> str:
    """Return which of our spaces a profile's colorants are; without a profile, bt709.

    Raises ValueError for colorants of no space that we know, and for a damaged profile.
    """
    if profile is None:
        return "bt709"
    colorants = [_colorant(profile, tag) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    for name in NAMES:
        own = icc_profile(name, "srgb")
        wanted = [_colorant(own, tag) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
        if np.abs(np.subtract(colorants, wanted)).max() < SAME:
            return name
    raise ValueError("its ICC profile is of no colour space that is known")


def _colorant(profile: bytes, tag: bytes) -> list[float]:
    try:
        (count,) = struct.unpack_from(">I", profile, HEADER_BYTES)
        for row in range(min(count, 100)):
            name, start, _ = struct.unpack_from(">4sII", profile, HEADER_BYTES + 4 + 12 * row)
            if name == tag:
                return [value / 65536 for value in struct.unpack_from(">3i", profile, start + 8)]
    except struct.error as error:
        raise ValueError("its ICC profile is damaged") from error
    raise ValueError("its ICC profile is of no colour space that is known")


def _laid_out(tags: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    """The tag table and the elements, each element once and on a multiple of 4."""
    start, places, body = HEADER_BYTES + 4 + 12 * len(tags), {}, b""
    for element in tags.values():
        if element not in places:
            places[element] = start + len(body)
            body += element + bytes(-len(element) % 4)
    rows = [name + struct.pack(">II", places[e], len(e)) for name, e in tags.items()]
    return struct.pack(">I", len(tags)) + b"".join(rows), body


def _header(size: int) -> bytes:
    made = (2000, 1, 1, 0, 0, 0)
    head = struct.pack(">I4xI", size, 0x04400000) + b"mntrRGB XYZ " + struct.pack(">6H", *made)
    head += b"acsp" + bytes(28) + _fixed(D50_XYZ)
    return head + bytes(HEADER_BYTES - len(head))


def _fixed(values: "np.ndarray | tuple[float, ...]") -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _text(words: str) -> bytes:
    coded = words.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(coded), 28) + coded
