"""Sensitivity files are read as they are, and what is none says why."""

import json
from pathlib import Path
from typing import Any

import pytest

from isp.core.errors import FileError
from isp.files.sensitivity import read_sensitivity


def rawtoaces(channels: list[str], rows: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "header": {"manufacturer": "acme", "model": "one", "laboratory": "a test", "license": None},
        "spectral_data": {"units": "relative", "index": {"main": channels}, "data": {"main": rows}}
        | data,
    }


def written(folder: Path, text: str | dict[str, Any], name: str = "camera.json") -> Path:
    path = folder / name
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


ROWS = {"400": [0.1, 0.2, 0.9], "410": [0.2, 0.4, 1.0]}


def test_a_rawtoaces_file_keeps_every_number_and_names_its_camera(tmp_path: Path) -> None:
    found = read_sensitivity(written(tmp_path, rawtoaces(["R", "G", "B"], ROWS)))

    assert found.name == "acme one"
    assert found.wavelengths_nm == (400.0, 410.0)
    assert found.values == {"R": (0.1, 0.2), "G": (0.2, 0.4), "B": (0.9, 1.0)}
    assert found.per == "energy"
    assert "a test" in found.source


def test_columns_go_by_their_names_and_rows_by_their_wavelength(tmp_path: Path) -> None:
    backwards = {"410": [1.0, 0.4, 0.2], "400": [0.9, 0.2, 0.1]}

    found = read_sensitivity(written(tmp_path, rawtoaces(["B", "G", "R"], backwards)))

    assert found.wavelengths_nm == (400.0, 410.0)
    assert found.values["R"] == (0.1, 0.2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (rawtoaces(["X", "Y", "Z"], ROWS), "R, G, B, but this file has X, Y, Z"),
        (rawtoaces(["power"], {"400": [1.0]}), "this file has power"),
        (rawtoaces(["R", "G", "B"], {"400": [1, 2], "410": [1, 2]}), "3 values are needed at 400"),
        (rawtoaces(["R", "G", "B"], {"400": [1, "x", 2]}), "not a number"),
        (rawtoaces(["R", "G", "B"], {"blue": [1, 1, 2]}), "a wavelength is not a number"),
        (rawtoaces(["R", "G", "B"], ROWS | {"420": [0.1, -0.1, 0]}), "at least 0"),
        (rawtoaces(["R", "G", "B"], {"400": [1, 1, 1]}), "at least 2 wavelengths"),
        (rawtoaces(["R", "G", "B"], ROWS, units="percent"), '"percent"'),
        ({"spectral_data": {}}, "not a rawtoaces file"),
        ({"header": {}, "spectral_data": {"index": 3, "data": 4}}, "not a rawtoaces file"),
        ("{", "not a JSON file"),
    ],
)
def test_a_json_that_is_no_camera_says_why(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(FileError, match=words) as caught:
        read_sensitivity(written(tmp_path, content))

    assert "camera.json" in str(caught.value)


def test_a_table_without_names_is_red_green_blue(tmp_path: Path) -> None:
    text = "#Camera:Acme 2\n#License:none\n400,0.1,0.2,0.9\n405,0.2,0.4,1.0\n"

    found = read_sensitivity(written(tmp_path, text, "a.csv"), per="photon")

    assert (found.name, found.per) == ("Acme 2", "photon")
    assert found.values == {"R": (0.1, 0.2), "G": (0.2, 0.4), "B": (0.9, 1.0)}
    assert "License:none" in found.source


def test_a_table_may_name_its_channels(tmp_path: Path) -> None:
    text = "wavelength_nm, clear, Blue, R\n400,0.5,0.3,0.1\n\n410,0.6,0.4,0.2\n"

    found = read_sensitivity(written(tmp_path, text, "rccb.csv"))

    assert found.name == "rccb"
    assert found.values == {"C": (0.5, 0.6), "B": (0.3, 0.4), "R": (0.1, 0.2)}


def test_one_column_is_a_monochrome_sensor(tmp_path: Path) -> None:
    assert read_sensitivity(written(tmp_path, "400,0.5\n410,1\n", "qe.csv")).values == {
        "Y": (0.5, 1.0)
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# nothing\n", "no numbers"),
        ("nm,R,G,B\n", "names but no numbers"),
        ("400,1,2\n410,1,2\n", "2 columns without names"),
        ("colour,R\n400,1\n", 'wavelength in nm, not "colour"'),
        ("nm,R,violet\n400,1,2\n", "violet"),
        ("nm\n400\n410\n", "found none"),
        ("nm,R,red\n400,1,2\n410,1,1\n", "there twice"),
        ("400,1,2,3\n410,1,2\n", "3 values are needed at 410"),
        ("400,1,2,3\n410,1,,3\n", "a value at 410 is not a number"),
        ("400,1,2,3\nx,1,2,3\n", "row 2 is not a number"),
        ("400,1,2,3\n400,1,2,3\n", "400 nm follows 400 nm"),
        ("0.4,1,2,3\n0.5,1,2,3\n", "nanometres"),
        ("400,1,nan,3\n410,1,2,3\n", "finite"),
    ],
)
def test_a_table_that_is_no_camera_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        read_sensitivity(written(tmp_path, text, "a.csv"))


def test_what_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"II*\x00\xff\xfe\x80")

    with pytest.raises(FileError, match="not text"):
        read_sensitivity(tmp_path / "a.csv")
    with pytest.raises(FileError, match="no such file"):
        read_sensitivity(tmp_path / "b.csv")


def test_real_cameras_are_read_number_by_number(shared_data: Path) -> None:
    """Spot values copied by eye from the files."""
    folder = shared_data / "colorchecker"

    arri = read_sensitivity(folder / "rawtoaces/camera/arri_d21_380_780_5.json")
    z6 = read_sensitivity(folder / "ssf_csv/Nikon_Z6_ssf.csv")

    assert arri.name == "arri d21"
    assert len(arri.wavelengths_nm) == 81
    assert [arri.values[c][1] for c in "RGB"] == [0.000440222, 0.000166118, 0.000258734]
    assert arri.has_equal_peaks
    assert z6.name == "Nikon Z 6"
    assert z6.wavelengths_nm[:2] == (400.0, 405.0)
    assert [z6.values[c][7] for c in "RGB"] == [0.06, 0.13, 0.80]
    assert "CC BY-NC-SA" in z6.source or "Creative Commons BY-NC-SA" in z6.source


def test_files_beside_the_cameras_are_not_taken_for_cameras(shared_data: Path) -> None:
    folder = shared_data / "colorchecker"

    for name in ("rawtoaces/cmf/cmf_1931.json", "rawtoaces/training/training_spectral.json",
                 "rawtoaces/illuminant/iso7589_stutung_380_780_5.json", "README.md"):  # fmt: skip
        with pytest.raises(FileError):
            read_sensitivity(folder / name)
