"""Tables are read from .cube text as others write it, and what is none is refused."""

from pathlib import Path

import colour
import numpy as np
import pytest

from isp.core.errors import FileError, LimitError, OutputError
from isp.core.lut import Lut
from isp.files import lut as module
from isp.files.lut import read_lut, write_lut

CUBE = """# a comment
TITLE "Warm # evening"

LUT_3D_SIZE 2
DOMAIN_MIN -0.5 0 0
DOMAIN_MAX 1 2 1
0 0 0
1 0 0
0 1 0
# another
1 1 0
0 0 1
1 0 1

0 1 1
0.25 1e0 -1.5
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "a.cube"
    path.write_text(text)
    return path


def noisy(dimensions: int, size: int) -> Lut:
    shape = (size, 3) if dimensions == 1 else (size, size, size, 3)
    table = np.random.default_rng(3).normal(0.5, 0.7, shape).astype(np.float32)
    return Lut(table=table, domain_min=(-0.1, 0.0, 0.2), domain_max=(1.5, 2.0, 3.25), title="x y")


def test_a_cube_is_read_red_fastest_with_its_domain(tmp_path: Path) -> None:
    lut = read_lut(written(tmp_path, CUBE))

    assert lut.table[0, 0, 1].tolist() == [1, 0, 0]
    assert lut.table[1, 0, 0].tolist() == [0, 0, 1]
    assert lut.table[1, 1, 1].tolist() == [0.25, 1, -1.5]
    assert (lut.domain_min, lut.domain_max) == ((-0.5, 0, 0), (1, 2, 1))
    assert lut.title == "Warm # evening"


def test_the_input_range_that_resolve_writes_is_the_domain(tmp_path: Path) -> None:
    lut = read_lut(written(tmp_path, "LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE -1 4\n0 0 0\n1 1 1\n"))

    assert (lut.domain_min, lut.domain_max) == ((-1, -1, -1), (4, 4, 4))
    assert not lut.is_cube


@pytest.mark.parametrize("dimensions", [1, 3])
def test_a_table_comes_back_bit_for_bit(dimensions: int, tmp_path: Path) -> None:
    lut = noisy(dimensions, 5)
    write_lut(tmp_path / "a.cube", lut)

    back = read_lut(tmp_path / "a.cube")

    assert np.array_equal(back.table, lut.table)
    assert (back.domain_min, back.domain_max, back.title) == (
        lut.domain_min,
        lut.domain_max,
        lut.title,
    )
    with pytest.raises(OutputError, match="exists already"):
        write_lut(tmp_path / "a.cube", lut)


def test_colour_science_reads_what_we_write(tmp_path: Path) -> None:
    lut = noisy(3, 4)
    write_lut(tmp_path / "a.cube", lut)

    theirs = colour.io.read_LUT_IridasCube(str(tmp_path / "a.cube"))

    assert np.allclose(theirs.table.transpose(2, 1, 0, 3), lut.table, rtol=1e-6, atol=0)
    assert np.allclose(theirs.domain, [lut.domain_min, lut.domain_max])


def test_we_read_what_colour_science_writes(tmp_path: Path) -> None:
    theirs = colour.LUT3D(size=3)
    theirs.table = np.random.default_rng(4).random((3, 3, 3, 3))
    colour.io.write_LUT_IridasCube(theirs, str(tmp_path / "a.cube"), decimals=9)

    lut = read_lut(tmp_path / "a.cube")

    assert np.abs(lut.table - theirs.table.transpose(2, 1, 0, 3)).max() < 1e-8 + 2**-24


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "no numbers"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "asks for 8 rows, but 1"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1\n", "line 3: three numbers"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 x\n", "not three numbers"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 nan\n", "finite"),
        ("LUT_1D_SIZE 1\n0 0 0\n", "2 to 65536"),
        ("LUT_3D_SIZE 257\n0 0 0\n", "2 to 256"),
        ("LUT_3D_SIZE two\n0 0 0\n", "2 to 256"),
        ("LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n0 0 0\n", "it has 2 of"),
        ("0 0 0\n1 1 1\n", "it has 0 of"),
        ("LUT_1D_SIZE 2\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "comes twice"),
        ("LUT_IN_VIDEO_RANGE\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n", '"LUT_IN_VIDEO_RANGE" is not known'),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 0 0\n0 0 0\n1 1 1\n", "DOMAIN_MIN has 3 numbers"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN a b c\n0 0 0\n1 1 1\n", "where numbers belong"),
        ("LUT_1D_SIZE 2\nDOMAIN_MAX 0 1 1\n0 0 0\n1 1 1\n", "a domain rises"),
        ("LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0 1\nDOMAIN_MAX 1 1 1\n0 0 0\n1 1 1\n", "both"),
    ],
)
def test_what_is_no_table_is_refused_by_a_sentence(text: str, trouble: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=trouble):
        read_lut(written(tmp_path, text))


def test_a_missing_a_binary_and_a_huge_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        read_lut(tmp_path / "none.cube")
    (tmp_path / "b.cube").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="not text"):
        read_lut(tmp_path / "b.cube")
    monkeypatch.setattr(module, "MOST_BYTES", 2)
    with pytest.raises(LimitError):
        read_lut(tmp_path / "b.cube")
