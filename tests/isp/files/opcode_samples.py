"""Opcodes as bytes, for the tests of what reads and runs them."""

import struct
from collections.abc import Sequence

import numpy as np

from isp.files.dng_opcodes import Opcode

VERSION = (1, 3, 0, 0)


def opcode(
    code: int, parameters: bytes, *, is_optional: bool = False, list_number: int = 2
) -> Opcode:
    """One instruction."""
    return Opcode(
        list_number=list_number, code=code, version=VERSION, is_optional=is_optional,
        parameters=parameters,
    )  # fmt: skip


def area(
    top: int = 0, left: int = 0, bottom: int = 0, right: int = 0, plane: int = 0, planes: int = 1,
    pitch: tuple[int, int] = (1, 1),
) -> bytes:  # fmt: skip
    """Where an opcode works; an empty rectangle is everything."""
    return struct.pack(">8I", top, left, bottom, right, plane, planes, *pitch)


def gain_map(
    where: bytes, gains: np.ndarray, spacing: tuple[float, float] = (1.0, 1.0),
    origin: tuple[float, float] = (0.0, 0.0),
) -> bytes:  # fmt: skip
    """Parameters of a GainMap of gains (down, across, planes)."""
    down, across, planes = gains.shape
    head = struct.pack(">2I4dI", down, across, *spacing, *origin, planes)
    return where + head + gains.astype(">f4").tobytes()


def warp(
    coefficients: Sequence[Sequence[float]], centre: tuple[float, float] = (0.5, 0.5)
) -> bytes:
    """Parameters of a WarpRectilinear (six a plane) or a WarpFisheye (four a plane)."""
    flat = [k for plane in coefficients for k in plane]
    return struct.pack(f">I{len(flat) + 2}d", len(coefficients), *flat, *centre)


def polynomial(where: bytes, *coefficients: float) -> bytes:
    """Parameters of a MapPolynomial."""
    return where + struct.pack(f">I{len(coefficients)}d", len(coefficients) - 1, *coefficients)


def per_line(where: bytes, *values: float) -> bytes:
    """Parameters of a Delta or Scale per row or column."""
    return where + struct.pack(f">I{len(values)}f", len(values), *values)


def bad_list(
    points: Sequence[tuple[int, int]], rectangles: Sequence[tuple[int, int, int, int]] = (),
    phase: int = 0,
) -> bytes:  # fmt: skip
    """Parameters of a FixBadPixelsList."""
    numbers = [phase, len(points), len(rectangles), *np.ravel(points).astype(int).tolist()]
    numbers += [v for rectangle in rectangles for v in rectangle]
    return struct.pack(f">{len(numbers)}I", *numbers)


CENTRED = warp([(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)])
