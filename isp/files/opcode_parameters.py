"""What each DNG opcode says: its parameters, read big-endian and checked before anything runs."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isp.files.dng_opcodes import Opcode

MOST_DEGREE = 8  # of MapPolynomial, as the specification has it
MOST_PLANES = 4
WARP_TERMS = {1: 6, 2: 4}  # coefficients a plane: kr0..kr3 kt0 kt1, and kr0..kr3


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Rows, columns and planes that an opcode changes; an empty rectangle means the whole."""

    top: int
    left: int
    bottom: int
    right: int
    plane: int
    planes: int
    row_pitch: int
    column_pitch: int

    def cut(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of a picture that the opcode touches."""
        if self.is_empty:
            return slice(0, height, self.row_pitch), slice(0, width, self.column_pitch)
        rows = slice(self.top, min(self.bottom, height), self.row_pitch)
        return rows, slice(self.left, min(self.right, width), self.column_pitch)

    @property
    def is_empty(self) -> bool:
        """Whether the rectangle holds nothing, which stands for everything."""
        return self.bottom <= self.top or self.right <= self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class BadConstant:
    """FixBadPixelsConstant: stored values equal to `constant` are bad."""

    constant: int
    phase: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BadList:
    """FixBadPixelsList: points (n, 2) row, column; rectangles (m, 4) top, left, bottom, right."""

    phase: int
    points: np.ndarray
    rectangles: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """TrimBounds: what is left of the picture."""

    bounds: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapTable:
    """MapTable: a 16-bit value for each 16-bit value; beyond the table its last entry."""

    area: Area
    table: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPolynomial:
    """MapPolynomial: coefficients of x^0, x^1, ..."""

    area: Area
    coefficients: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GainMap:
    """GainMap: gains (points down, points across, planes) at relative places in the picture."""

    area: Area
    spacing: tuple[float, float]
    origin: tuple[float, float]
    gains: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PerLine:
    """DeltaPerRow, DeltaPerColumn, ScalePerRow, ScalePerColumn."""

    area: Area
    values: np.ndarray
    by_rows: bool
    adds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette:
    """FixVignetteRadial: k0..k4 of r^2..r^10, and the optical centre x, y in 0..1."""

    coefficients: tuple[float, ...]
    centre: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warp:
    """WarpRectilinear or WarpFisheye: coefficients of each plane, centre x, y in 0..1."""

    is_fisheye: bool
    coefficients: tuple[tuple[float, ...], ...]
    centre: tuple[float, float]


Parameters = (
    BadConstant | BadList | Trim | MapTable | MapPolynomial | GainMap | PerLine | Vignette | Warp
)


def read_parameters(opcode: Opcode) -> Parameters | None:
    """Return what an opcode says, or None for a number that is not known.

    Nothing is allocated beyond the opcode's own bytes.

    Raises ValueError naming the opcode and what in it cannot be.

    Source: DNG 1.7.1, chapter 7.
    """
    reader = _READERS.get(opcode.code)
    if reader is None:
        return None
    try:
        return reader(opcode.code, opcode.parameters)
    except struct.error:
        raise ValueError(
            f"{opcode.name} of OpcodeList{opcode.list_number} is too short: "
            f"{len(opcode.parameters)} bytes"
        ) from None
    except ValueError as error:
        raise ValueError(f"{opcode.name} of OpcodeList{opcode.list_number}: {error}") from None


def _constant(code: int, data: bytes) -> BadConstant:
    _need_length(data, 8)
    constant, phase = struct.unpack(">2I", data)
    return BadConstant(constant=constant, phase=_phase(phase))


def _bad_list(code: int, data: bytes) -> BadList:
    phase, points, rectangles = struct.unpack_from(">3I", data)
    _need_length(data, 12 + 8 * points + 16 * rectangles)
    numbers = np.frombuffer(data, ">u4", offset=12).astype(np.int64)
    return BadList(
        phase=_phase(phase),
        points=numbers[: 2 * points].reshape(points, 2),
        rectangles=numbers[2 * points :].reshape(rectangles, 4),
    )


def _trim(code: int, data: bytes) -> Trim:
    _need_length(data, 16)
    return Trim(bounds=struct.unpack(">4I", data))


def _table(code: int, data: bytes) -> MapTable:
    area, count = _area(data), struct.unpack_from(">I", data, 32)[0]
    if not 1 <= count <= 65536:
        raise ValueError(f"a table has 1 to 65536 entries, not {count}")
    _need_length(data, 36 + 2 * count)
    return MapTable(area=area, table=np.frombuffer(data, ">u2", offset=36).astype(np.float64))


def _polynomial(code: int, data: bytes) -> MapPolynomial:
    area, degree = _area(data), struct.unpack_from(">I", data, 32)[0]
    if degree > MOST_DEGREE:
        raise ValueError(f"a polynomial has degree {MOST_DEGREE} at most, not {degree}")
    _need_length(data, 36 + 8 * (degree + 1))
    return MapPolynomial(area=area, coefficients=_finite(data, ">f8", 36))


def _gain_map(code: int, data: bytes) -> GainMap:
    area = _area(data)
    down, across, *places, planes = struct.unpack_from(">2I4dI", data, 32)
    if down < 1 or across < 1 or planes < 1:
        raise ValueError(f"its map is {down} x {across} points of {planes} planes")
    _need_length(data, 76 + 4 * down * across * planes)
    spacing, origin = tuple(places[:2]), tuple(places[2:])
    # A map of one row or column has no use for spacing and origin, whatever they say.
    spacing = (spacing[0] if down > 1 else 1.0, spacing[1] if across > 1 else 1.0)
    origin = (origin[0] if down > 1 else 0.0, origin[1] if across > 1 else 0.0)
    if not (np.isfinite([*spacing, *origin]).all() and min(spacing) > 0):
        raise ValueError(f"its points are {spacing} apart from {origin} on")
    gains = np.frombuffer(data, ">f4", offset=76).astype(np.float64)
    if not (np.isfinite(gains).all() and (gains >= 0).all()):
        raise ValueError("its gains are not all finite and positive")
    gains = gains.reshape(down, across, planes)
    return GainMap(area=area, spacing=spacing, origin=origin, gains=gains)


def _per_line(code: int, data: bytes) -> PerLine:
    area, count = _area(data), struct.unpack_from(">I", data, 32)[0]
    _need_length(data, 36 + 4 * count)
    by_rows = code in (10, 12)
    first, last = (area.top, area.bottom) if by_rows else (area.left, area.right)
    pitch = area.row_pitch if by_rows else area.column_pitch
    if not area.is_empty and count != (last - first + pitch - 1) // pitch:
        raise ValueError(f"its area has {last - first} lines in steps of {pitch}, not {count}")
    values = np.asarray(_finite(data, ">f4", 36))
    return PerLine(area=area, values=values, by_rows=by_rows, adds=code in (10, 11))


def _vignette(code: int, data: bytes) -> Vignette:
    _need_length(data, 56)
    values = _finite(data, ">f8", 0)
    return Vignette(coefficients=values[:5], centre=_centre(values[5:]))


def _warp(code: int, data: bytes) -> Warp:
    (planes,) = struct.unpack_from(">I", data)
    if not 1 <= planes <= MOST_PLANES:
        raise ValueError(f"a warp has 1 to {MOST_PLANES} planes, not {planes}")
    terms = WARP_TERMS[code]
    _need_length(data, 4 + 8 * terms * planes + 16)
    values = _finite(data, ">f8", 4)
    rows = tuple(values[terms * i : terms * (i + 1)] for i in range(planes))
    return Warp(is_fisheye=code == 2, coefficients=rows, centre=_centre(values[-2:]))


_READERS: dict[int, Callable[[int, bytes], Parameters]] = {
    1: _warp, 2: _warp, 3: _vignette, 4: _constant, 5: _bad_list, 6: _trim, 7: _table,
    8: _polynomial, 9: _gain_map, 10: _per_line, 11: _per_line, 12: _per_line, 13: _per_line,
}  # fmt: skip


def _area(data: bytes) -> Area:
    area = Area(**dict(zip(Area.__slots__, struct.unpack_from(">8I", data), strict=True)))
    if area.row_pitch < 1 or area.column_pitch < 1 or area.planes < 1:
        raise ValueError("its area has a pitch or a number of planes of 0")
    return area


def _need_length(data: bytes, length: int) -> None:
    if len(data) != length:
        raise ValueError(f"it says {length} bytes of parameters, but has {len(data)}")


def _finite(data: bytes, kind: str, offset: int) -> tuple[float, ...]:
    values = np.frombuffer(data, kind, offset=offset).astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("its numbers are not all finite")
    return tuple(values.tolist())


def _centre(values: tuple[float, ...]) -> tuple[float, float]:
    x, y = values
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError(f"its optical centre ({x:g}, {y:g}) is not within 0..1")
    return x, y


def _phase(value: int) -> int:
    if value > 3:
        raise ValueError(f"a Bayer phase is 0 to 3, not {value}")
    return value
