"""ICC profiles of display spaces: primaries and a curve, nothing else, and no clock."""

import struct

import numpy as np

from isp.core.colour import D50_XYZ, PRIMARIES, adaptation_xyz, rgb_to_xyz, xy_to_xyz
from isp.core.errors import UsageError
from isp.files.cicp import PRIMARY_CODES, TRANSFER_CODES

NAMES = {"bt709": "BT.709", "p3": "Display P3", "bt2020": "BT.2020"}
# parametricCurveType 3 (g, a, b, c, d) of each curve: IEC 61966-2-1; ITU-R BT.2020-2 table 4.
CURVES = {
    "srgb": (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "linear": (1.0, 1.0, 0.0, 1.0, 0.0),
}
HEADER_BYTES = 128
PARAMETERS = {0: 1, 3: 5}  # numbers of a parametric curve, by its kind
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


def code_points_of(profile: bytes) -> tuple[int, int]:
    """Return primaries and transfer of H.273 that a matrix profile means.

    Raises ValueError for a space or a curve that we know none of.
    """
    return PRIMARY_CODES[space_of(profile)], TRANSFER_CODES[curve_of(profile)]


def curve_of(profile: bytes) -> str:
    """Return which of our curves a profile has in all three channels, by its values.

    Raises ValueError for another curve, and for a damaged profile.

    Source: ICC.1:2022, sections 10.6 (curveType) and 10.18 (parametricCurveType).
    """
    code = np.linspace(0, 1, 33)
    for name, numbers in CURVES.items():
        wanted = _parametric(code, 3, numbers)
        if all(
            np.abs(_curve(profile, tag, code) - wanted).max() < SAME
            for tag in (b"rTRC", b"gTRC", b"bTRC")
        ):
            return name
    raise ValueError("its ICC profile has a curve that is not known")


def _curve(profile: bytes, tag: bytes, code: np.ndarray) -> np.ndarray:
    start = _element(profile, tag)
    try:
        if profile[start : start + 4] == b"para":
            (kind,) = struct.unpack_from(">H", profile, start + 8)
            count = PARAMETERS.get(kind, 1)
            numbers = struct.unpack_from(f">{count}i", profile, start + 12)
            return _parametric(code, kind, tuple(n / 65536 for n in numbers))
        (count,) = struct.unpack_from(">I", profile, start + 8)
        if count == 0:
            return code
        if count == 1:
            return np.asarray(code ** (struct.unpack_from(">H", profile, start + 12)[0] / 256))
        table = np.array(struct.unpack_from(f">{count}H", profile, start + 12)) / 65535
    except struct.error as error:
        raise ValueError("its ICC profile is damaged") from error
    return np.asarray(np.interp(code, np.linspace(0, 1, count), table))


def _parametric(code: np.ndarray, kind: int, numbers: tuple[float, ...]) -> np.ndarray:
    """Kinds 0 (a power) and 3 (a power and a line); the others are curves of nobody here."""
    if kind == 0:
        return np.asarray(code ** numbers[0])
    if kind != 3:
        raise ValueError("its ICC profile has a curve that is not known")
    g, a, b, c, d = numbers
    return np.where(code >= d, np.maximum(a * code + b, 0) ** g, c * code)


def _element(profile: bytes, wanted: bytes) -> int:
    """Where a tag's element begins.

    Raises ValueError for a profile without it, or one that is damaged.
    """
    try:
        (count,) = struct.unpack_from(">I", profile, HEADER_BYTES)
        for row in range(min(count, 100)):
            name, start, _ = struct.unpack_from(">4sII", profile, HEADER_BYTES + 4 + 12 * row)
            if name == wanted:
                return int(start)
    except struct.error as error:
        raise ValueError("its ICC profile is damaged") from error
    raise ValueError("its ICC profile is of no colour space that is known")


def _colorant(profile: bytes, tag: bytes) -> list[float]:
    try:
        at = _element(profile, tag) + 8
        return [value / 65536 for value in struct.unpack_from(">3i", profile, at)]
    except struct.error as error:
        raise ValueError("its ICC profile is damaged") from error


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
