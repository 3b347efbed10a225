"""Camera sensitivities from files: the JSON of rawtoaces, and tables of numbers as CSV."""

import csv
import json
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, ProfileError
from isp.core.spectral import RelativeSensitivity
from isp.files.limits import Limits
from isp.files.magic import look_at

COLOURS = ("R", "G", "B")
NAMES = {
    "r": "R", "red": "R", "g": "G", "green": "G", "b": "B", "blue": "B",
    "y": "Y", "mono": "Y", "w": "W", "white": "W", "c": "C", "clear": "C",
}  # fmt: skip
WAVELENGTH = {"wavelength", "wavelength_nm", "wavelengths", "nm", "lambda"}


def read_sensitivity(path: str | Path, *, per: str = "energy") -> RelativeSensitivity:
    """Return a camera's relative sensitivities from a rawtoaces JSON or a CSV file.

    JSON: `header` and `spectral_data` of rawtoaces; the index names the channels.
    CSV: wavelength in nm, then one column per channel; lines with # are notes. Without a row of
        names the columns are R, G, B (or Y alone).
    per: `energy` or `photon`, what the file's numbers are per: rawtoaces multiplies its cameras
        with the power of a light, so they are per energy.

    Files hold relative numbers: make them absolute by `with_mean_efficiency` or
    `with_peak_efficiency`. Nothing is smoothed, filled in or scaled here.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    look_at(path, Limits(file_bytes=16 * 2**20))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(path, "it is not text; a sensitivity is a .json or .csv file") from error
    is_json = text.lstrip().startswith("{")
    name, wavelengths, values, source = (_json if is_json else _csv)(path, text)
    order = sorted(range(len(wavelengths)), key=wavelengths.__getitem__)
    try:
        return RelativeSensitivity(
            name=name,
            wavelengths_nm=tuple(wavelengths[i] for i in order),
            values={c: tuple(row[i] for i in order) for c, row in values.items()},
            per=per,
            source=source,
        )
    except ProfileError as error:
        raise FileError(path, str(error)) from error


Table = tuple[str, list[float], dict[str, list[float]], str]


def _json(path: Path, text: str) -> Table:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"it is not a JSON file ({error})") from error
    try:
        header, data = record["header"], record["spectral_data"]
        channels, rows = data["index"]["main"], data["data"]["main"]
        units = data.get("units", "relative")
        wavelengths = [float(w) for w in rows]
        columns = [_numbers(path, w, row, len(channels)) for w, row in rows.items()]
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(
            path, "it is not a rawtoaces file: header, spectral_data.index.main and "
            "spectral_data.data.main are needed"
        ) from error  # fmt: skip
    except ValueError as error:
        raise FileError(path, f"a wavelength is not a number ({error})") from error
    if units != "relative":
        raise FileError(path, f'its units are "{units}"; rawtoaces cameras are "relative"')
    if set(channels) != set(COLOURS) or len(channels) != 3:
        named = ", ".join(str(c) for c in channels[:6])
        raise FileError(path, f"a camera has channels R, G, B, but this file has {named}")
    name = " ".join(str(header[k]) for k in ("manufacturer", "model") if header.get(k))
    facts = [str(header[k]) for k in ("description", "laboratory", "license") if header.get(k)]
    values = {c: [row[i] for row in columns] for i, c in enumerate(channels)}
    return name or path.stem, wavelengths, values, f"{path.name}: {', '.join(facts)}"


def _csv(path: Path, text: str) -> Table:
    notes = [line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")]
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    if not rows:
        raise FileError(path, "it holds no numbers")
    channels = _channels(path, rows[0])
    if not _is_number(rows[0][0]):
        rows = rows[1:]
    if not rows:
        raise FileError(path, "it holds names but no numbers")
    wavelengths = [_numbers(path, f"row {i}", row[:1], 1)[0] for i, row in enumerate(rows, 1)]
    columns = [_numbers(path, row[0], row[1:], len(channels)) for row in rows]
    camera = [n.partition(":")[2].strip() for n in notes if n.lower().startswith("camera:")]
    values = {c: [row[i] for row in columns] for i, c in enumerate(channels)}
    return (camera or [path.stem])[0], wavelengths, values, f"{path.name}: {'; '.join(notes)}"


def _channels(path: Path, first: list[str]) -> tuple[str, ...]:
    """Channel names from the first row: names, or numbers whose columns are R, G, B or Y."""
    if _is_number(first[0]):
        if len(first) - 1 == 3:
            return COLOURS
        if len(first) - 1 == 1:
            return ("Y",)
        raise FileError(
            path, f"{len(first) - 1} columns without names; name them in a first row, as nm,R,G,B,W"
        )
    if first[0].lower() not in WAVELENGTH:
        raise FileError(path, f'the first column is the wavelength in nm, not "{first[0]}"')
    unknown = [cell for cell in first[1:] if cell.lower() not in NAMES]
    if unknown or len(first) == 1:
        raise FileError(path, f"columns are R, G, B, Y, W or C, but found {unknown or 'none'}")
    channels = tuple(NAMES[cell.lower()] for cell in first[1:])
    if len(set(channels)) != len(channels):
        raise FileError(path, f"a channel is there twice: {', '.join(first[1:])}")
    return channels


def _numbers(path: Path, where: str, cells: list[Any], count: int) -> list[float]:
    if len(cells) != count:
        raise FileError(path, f"{count} values are needed at {where}, but {len(cells)} came")
    try:
        return [float(cell) for cell in cells]
    except (TypeError, ValueError) as error:
        raise FileError(path, f"a value at {where} is not a number ({error})") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
