"""Quantum efficiencies come from a data sheet's CSV as they stand."""

from pathlib import Path

import pytest

from isp.core.errors import FileError
from isp.files.efficiency import read_efficiency


def written(folder: Path, text: str) -> Path:
    path = folder / "qe.csv"
    path.write_text(text)
    return path


def test_one_curve_is_called_y_and_rows_may_come_in_any_order(tmp_path: Path) -> None:
    path = written(tmp_path, "# a data sheet\nwavelength_nm,qe\n700,0.2\n400,0.4\n550,0.8\n")

    curve = read_efficiency(path)

    assert curve.wavelengths_nm == (400, 550, 700)
    assert curve.quantum_efficiency == {"Y": (0.4, 0.8, 0.2)}
    # The mean of two trapezoids over 300 nm: (150 x 0.6 + 150 x 0.5) / 300.
    assert curve.mean_efficiency("Y") == pytest.approx(0.55, rel=1e-3)


def test_columns_name_their_channels(tmp_path: Path) -> None:
    curve = read_efficiency(written(tmp_path, "nm, Red ,G,b\n400,0.0,0.1,0.5\n700,0.4,0.1,0\n"))

    assert curve.quantum_efficiency == {"R": (0, 0.4), "G": (0.1, 0.1), "B": (0.5, 0)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# only a note\n", "its first row names the columns"),
        ("400,0.5\n700,0.2\n", "its first row names the columns"),
        ("nm,infrared\n400,0.5\n", r"found \['infrared'\]"),
        ("nm,G,green\n400,0.5,0.5\n", "each of R, G, B, Y, W, C once"),
        ("nm,qe\n400,50\n700,20\n", "a fraction in 0..1; divide percent by 100"),
        ("nm,qe\n400,x\n", "a value at 400 nm is not a number"),
        ("nm,qe\n400,0.5,0.5\n", "1 values are needed at 400 nm, found 2"),
        ("nm,qe\n400,0.5\n400,0.6\n", "wavelengths rise"),
        ("nm,qe\n", "wavelength"),
    ],
)
def test_a_mistake_is_named_with_the_file(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=words) as caught:
        read_efficiency(written(tmp_path, text))
    assert "qe.csv" in str(caught.value)


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "qe.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")

    with pytest.raises(FileError, match="it is not text"):
        read_efficiency(path)
