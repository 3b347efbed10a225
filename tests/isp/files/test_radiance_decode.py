"""Radiance pictures are read upright, with what their header says."""

from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.limits import Limits
from isp.files.radiance_decode import decode_radiance

# Shared exponent: value = mantissa * 2 ** (exponent - 136); 128 with 129 is 1.0.
PIXELS = np.array(
    [[[128, 64, 32, 129], [255, 0, 0, 136]], [[1, 1, 1, 128], [0, 0, 0, 0]]], dtype=np.uint8
)


def write(path: Path, header: str = "FORMAT=32-bit_rle_rgbe\n", size: str = "-Y 2 +X 2") -> str:
    path.write_bytes(f"#?RADIANCE\n{header}\n{size}\n".encode() + PIXELS.tobytes())
    return str(path)


def test_shared_exponents_give_their_values(tmp_path: Path) -> None:
    decoded = decode_radiance(write(tmp_path / "a.hdr"), Limits())

    assert decoded.arrays["rgb"][0, 0].tolist() == [1.0, 0.5, 0.25]
    assert decoded.arrays["rgb"][0, 1].tolist() == [255.0, 0.0, 0.0]
    assert decoded.arrays["rgb"][1, 1].tolist() == [0.0, 0.0, 0.0]


def test_exposure_lines_multiply_and_are_only_reported(tmp_path: Path) -> None:
    header = "FORMAT=32-bit_rle_rgbe\nEXPOSURE=2.0\nEXPOSURE=4.0\n"

    decoded = decode_radiance(write(tmp_path / "a.hdr", header), Limits())

    assert decoded.facts["exposure"] == 8.0
    assert decoded.arrays["rgb"][0, 0].tolist() == [1.0, 0.5, 0.25]


def test_a_primaries_line_is_believed(tmp_path: Path) -> None:
    header = "FORMAT=32-bit_rle_rgbe\nPRIMARIES=0.7 0.3 0.2 0.7 0.1 0.05 0.3333 0.3333\n"

    facts = decode_radiance(write(tmp_path / "a.hdr", header), Limits()).facts

    assert facts["chromaticities"] == [0.7, 0.3, 0.2, 0.7, 0.1, 0.05, 0.3333, 0.3333]


@pytest.mark.parametrize(
    ("size", "first"), [("+Y 2 +X 2", [1, 0]), ("-Y 2 -X 2", [0, 1]), ("+Y 2 -X 2", [1, 1])]
)
def test_every_scan_order_comes_out_upright(size: str, first: list[int], tmp_path: Path) -> None:
    rgb = decode_radiance(write(tmp_path / "a.hdr", size=size), Limits()).arrays["rgb"]

    # Where the first stored pixel lies in the upright picture.
    assert rgb[tuple(first)].tolist() == [1.0, 0.5, 0.25]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("FORMAT=32-bit_rle_xyze\n", "its format is 32-bit_rle_xyze"),
        ("FORMAT=32-bit_rle_rgbe\nPRIMARIES=0.7 0.3\n", "has 2 numbers, not 8"),
        ("EXPOSURE=bright\n", '"bright" where a number belongs'),
    ],
)
def test_a_header_that_cannot_be_honoured_is_refused(
    header: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match=words):
        decode_radiance(write(tmp_path / "a.hdr", header), Limits())


def test_a_picture_over_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.hdr")

    with pytest.raises(LimitError, match="2 x 2 is"):
        decode_radiance(path, Limits(pixels=3))


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.hdr", size="-Y 20 +X 20")

    with pytest.raises(FileError, match="cut short or damaged"):
        decode_radiance(path, Limits())
