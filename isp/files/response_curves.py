"""Read camera response curves: EMoR, DoRF, and plain columns of numbers."""

import re
from pathlib import Path

import numpy as np
import torch

from isp.core.emor import Emor
from isp.core.errors import FileError, ProfileError
from isp.core.response import Response
from isp.files.guarded import decode
from isp.files.limits import Limits

TEXT_BYTES = 64 * 2**20
HEADING = re.compile(r"^\s*([A-Za-z]+\d?)\s*(?:\(\s*(\d+)\s*\))?\s*=\s*(.*)$")
MODELS = {"E": ("f0", "h", False), "B": ("g0", "hinv", True)}  # abscissa: mean, basis, inverse


def read_emor(path: str | Path) -> Emor:
    """Return the model of `emor.txt` (codes of exposures) or `invemor.txt` (exposures of codes).

    Raises FileError naming file and reason.
    """
    path = Path(path)
    blocks = _blocks(path)
    abscissa = next((name for name in MODELS if name in blocks), None)
    if abscissa is None:
        raise FileError(path, 'an EMoR file has a block "E =" or "B =", and this has neither')
    mean, basis, inverse = MODELS[abscissa]
    if mean not in blocks:
        raise FileError(path, f'it has a block "{abscissa} =", but no mean curve "{mean} ="')
    rows: list[np.ndarray] = []
    while f"{basis}({len(rows) + 1})" in blocks:
        rows.append(blocks[f"{basis}({len(rows) + 1})"])
    if not rows:
        raise FileError(path, f'it has no basis curve "{basis}(1)="')
    grid = blocks[abscissa]
    for name, values in blocks.items():
        if len(values) != len(grid):
            raise FileError(
                path, f'block "{name}" has {len(values)} values, but "{abscissa}" has {len(grid)}'
            )
    if len(grid) < 2 or grid[0] != 0 or abs(grid[-1] - 1) > 1e-6 or (np.diff(grid) <= 0).any():
        raise FileError(path, f'block "{abscissa}" must rise from 0 to 1')
    return Emor(
        torch.from_numpy(grid), torch.from_numpy(blocks[mean]), torch.from_numpy(np.stack(rows)),
        inverse,
    )  # fmt: skip


def read_dorf(path: str | Path, *, limits: Limits | None = None) -> list[Response]:
    """Return the curves of the DoRF database in MATLAB form: `I` irradiance and `B` brightness.

    Raises FileError naming file, curve and reason, LimitError.
    """
    path = Path(path)
    arrays = decode("isp.files.dorf_decode:decode_dorf", path, limits or Limits()).arrays
    curves = []
    for number, (irradiance, brightness) in enumerate(
        zip(arrays["I"].astype(np.float64), arrays["B"].astype(np.float64), strict=True), start=1
    ):
        curves.append(_response(path, f"DoRF {number}", irradiance, brightness))
    return curves


def read_response(path: str | Path) -> Response:
    """Return the response of a text file: exposure, code value (or R, G, B), one knot a line.

    Columns are separated by commas, semicolons or blanks, and run from 0 to 1; lines that begin
    with # and one line of names are passed over.

    Raises FileError naming file, line and reason.
    """
    path = Path(path)
    rows: list[list[float]] = []
    names_may_come = True
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = [f for f in re.split(r"[,;\s]+", line.strip()) if f]
        if not fields or fields[0].startswith("#"):
            continue
        try:
            row = [float(f) for f in fields]
        except ValueError:
            if names_may_come and not rows:
                names_may_come = False
                continue
            raise FileError(path, f'line {number} holds no numbers: "{line[:40]}"') from None
        if len(row) not in (2, 4) or (rows and len(row) != len(rows[0])):
            raise FileError(
                path,
                f"a line has 2 columns (exposure, code value) or 4 (exposure, R, G, B), "
                f"the same throughout, but line {number} has {len(row)}",
            )
        rows.append(row)
    if len(rows) < 2:
        raise FileError(path, f"a response needs at least 2 knots, but {len(rows)} came")
    table = np.array(rows).T
    codes = table[1] if len(table) == 2 else table[1:]
    return _response(path, path.name, table[0], codes)


def _response(path: Path, name: str, exposure: np.ndarray, code: np.ndarray) -> Response:
    if not (np.isfinite(exposure).all() and np.isfinite(code).all()):
        raise FileError(path, f'response "{name}" holds values that are not numbers')
    try:
        return Response(torch.from_numpy(code), name, exposure=torch.from_numpy(exposure))
    except ProfileError as error:
        raise FileError(path, f"{error}; both columns are relative, 0 to 1") from error


def _blocks(path: Path) -> dict[str, np.ndarray]:
    """Named blocks of numbers: `f0 =` or `h(3)=`, then values over many lines."""
    found: dict[str, list[float]] = {}
    name = None
    for number, line in enumerate(_text(path).splitlines(), start=1):
        heading = HEADING.match(line)
        if heading:
            name = heading[1] + (f"({heading[2]})" if heading[2] else "")
            if name in found:
                raise FileError(path, f'line {number} begins block "{name}" a second time')
            found[name] = []
            line = heading[3]
        fields = line.split()
        if fields and name is None:
            raise FileError(path, f'line {number} is not in a block: "{line[:40]}"')
        try:
            values = [float(field) for field in fields]
        except ValueError:
            raise FileError(path, f'line {number} holds no numbers: "{line[:40]}"') from None
        if name is not None:
            found[name] += values
    blocks = {name: np.array(values) for name, values in found.items()}
    broken = [name for name, values in blocks.items() if not np.isfinite(values).all()]
    if broken:
        raise FileError(path, f'block "{broken[0]}" holds values that are not numbers')
    return blocks


def _text(path: Path) -> str:
    try:
        Limits(file_bytes=TEXT_BYTES).check_bytes(path, path.stat().st_size)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(path, f"cannot read it ({error.strerror or error})") from error
    except ValueError as error:
        raise FileError(path, "it is not text") from error
