"""Spectra of rawtoaces' files come as they stand, and broken files are refused by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import FileError
from isp.files.spectra import read_spectra


def written(path: Path, names: list[str], rows: dict[str, list[float]]) -> Path:
    record = {"header": {}, "spectral_data": {"index": {"main": names}, "data": {"main": rows}}}
    path.write_text(json.dumps(record))
    return path


def test_columns_come_by_name_in_rising_wavelength(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", ["one", "two"], {"410": [3, 4], "400": [1, 2]})

    spectra = read_spectra(path)

    assert spectra.names == ("one", "two")
    assert spectra.wavelengths_nm.tolist() == [400, 410]
    assert spectra.values.tolist() == [[1, 3], [2, 4]]
    assert spectra.on(np.array([395.0, 405, 410])).tolist() == [[0, 2, 3], [0, 3, 4]]


def test_files_that_are_none_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("no json")
    with pytest.raises(FileError, match=r"text\.json: it is not a rawtoaces file"):
        read_spectra(tmp_path / "text.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(FileError, match="it is not a rawtoaces file"):
        read_spectra(tmp_path / "other.json")
    with pytest.raises(FileError, match="2 finite columns are named"):
        read_spectra(written(tmp_path / "b.json", ["a", "b"], {"400": [1], "405": [2]}))
    with pytest.raises(FileError, match="not a rawtoaces file"):
        read_spectra(written(tmp_path / "c.json", ["a"], {"400": [1], "405": [2, 3]}))


def test_rawtoaces_training_and_light_are_read(shared_data: Path) -> None:
    folder = shared_data / "colorchecker" / "rawtoaces"
    training = read_spectra(folder / "training" / "training_spectral.json")
    light = read_spectra(folder / "illuminant" / "iso7589_stutung_380_780_5.json")

    assert training.values.shape[0] == 190
    assert light.names == ("power",)
    assert light.values[0, 0] == 0.04
    assert light.on(np.array([427.5]))[0, 0] == pytest.approx((0.1325 + 0.145) / 2)
