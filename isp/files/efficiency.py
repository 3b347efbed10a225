"""Quantum efficiency over wavelength, from a CSV file of a data sheet."""

import csv
from pathlib import Path

from isp.core.errors import FileError, ProfileError
from isp.core.spectral import SpectralSensitivity
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.sensitivity import NAMES, WAVELENGTH

ALONE = "Y"


def read_efficiency(path: str | Path) -> SpectralSensitivity:
    """Return absolute quantum efficiencies, electrons per photon in 0..1.

    CSV: a row of names, then wavelength in nm and one column per channel. `wavelength_nm,qe` is
    one curve, called Y; `wavelength_nm,R,G,B` names the channels of a colour filter array. Lines
    with # are notes; rows may come in any order.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    look_at(path, Limits(file_bytes=16 * 2**20))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(path, "it is not text; quantum efficiency is read from a .csv") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    except csv.Error as error:
        raise FileError(path, f"it is not a CSV file ({error})") from error
    channels = _channels(path, rows[0] if rows else [])
    numbers = sorted(_numbers(path, row, len(channels) + 1) for row in rows[1:])
    if max((max(row[1:]) for row in numbers), default=0) > 1:
        raise FileError(path, "a quantum efficiency is a fraction in 0..1; divide percent by 100")
    try:
        return SpectralSensitivity(
            wavelengths_nm=tuple(row[0] for row in numbers),
            quantum_efficiency={
                c: tuple(row[i] for row in numbers) for i, c in enumerate(channels, 1)
            },
        )
    except ProfileError as error:
        raise FileError(path, str(error)) from error


def _channels(path: Path, header: list[str]) -> list[str]:
    names = [cell.casefold() for cell in header]
    if len(names) < 2 or names[0] not in WAVELENGTH:
        raise FileError(
            path, "its first row names the columns: wavelength_nm,qe or wavelength_nm,R,G,B"
        )
    if len(names) == 2 and names[1] in ("qe", "quantum_efficiency"):
        return [ALONE]
    unknown = [cell for cell, name in zip(header, names, strict=True) if name not in NAMES][1:]
    channels = [NAMES.get(name, "") for name in names[1:]]
    if unknown or len(set(channels)) < len(channels):
        raise FileError(
            path, f"columns are qe, or each of R, G, B, Y, W, C once, but found {header[1:]}"
        )
    return channels


def _numbers(path: Path, row: list[str], count: int) -> list[float]:
    try:
        numbers = [float(cell) for cell in row]
    except ValueError as error:
        raise FileError(path, f"a value at {row[0]} nm is not a number ({error})") from error
    if len(numbers) != count:
        raise FileError(path, f"{count - 1} values are needed at {row[0]} nm, found {len(row) - 1}")
    return numbers
