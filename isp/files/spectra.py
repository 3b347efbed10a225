"""Spectra in rawtoaces' JSON: lights, paints and observers, one column each."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FileError
from isp.core.wavelengths import check_wavelengths
from isp.files.limits import Limits
from isp.files.magic import look_at

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectra:
    """Columns of relative numbers over wavelength.

    wavelengths_nm: (m,), rising. names: of the columns. values: (columns, m).
    """

    wavelengths_nm: Values
    names: tuple[str, ...]
    values: Values

    def on(self, wavelengths_nm: Values) -> Values:
        """The columns (columns, n) on other wavelengths, linear between the file's; 0 outside."""
        return np.array([
            np.interp(wavelengths_nm, self.wavelengths_nm, column, left=0.0, right=0.0)
            for column in self.values
        ])  # fmt: skip


def read_spectra(path: str | Path) -> Spectra:
    """Read the JSON of rawtoaces: header, spectral_data.index.main, spectral_data.data.main.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    look_at(path, Limits(file_bytes=16 * 2**20))
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))["spectral_data"]
        names = tuple(str(name) for name in data["index"]["main"])
        rows = sorted((float(nm), row) for nm, row in data["data"]["main"].items())
        values = np.array([[float(v) for v in row] for _, row in rows]).T
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise FileError(
            path, f"it is not a rawtoaces file of spectra ({type(error).__name__}: {error})"
        ) from error
    wavelengths = np.array([nm for nm, _ in rows])
    trouble = check_wavelengths(tuple(wavelengths.tolist()))
    if trouble is not None:
        raise FileError(path, trouble)
    if values.shape != (len(names), len(rows)) or not np.isfinite(values).all():
        raise FileError(path, f"{len(names)} finite columns are named, which its rows do not hold")
    return Spectra(wavelengths_nm=wavelengths, names=names, values=values)
