"""Stored pixels by tifffile, and list 1 on them: integers again, what moved is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from isp.core.errors import FileError
from isp.files.dng_pixels import linearised, needs_tifffile, run_list_1, stored_pixels
from isp.files.opcode_parameters import read_parameters
from tests.isp.files.opcode_samples import area, bad_list, opcode, polynomial
from tests.isp.files.test_dng_tags import DN, write_dng

JXL = {"compression": 52546, "compressionargs": {"lossless": True}}
LOSSLESS = {"compression": "jpeg", "compressionargs": {"lossless": True}}


def runs_of(*asked: Any) -> Any:
    return tuple((o, read_parameters(o)) for o in asked)


@pytest.mark.parametrize(
    ("tags", "options", "dn", "expected"),
    [
        ({}, {}, DN, False),
        ({}, LOSSLESS | {"tile": (32, 32)}, DN, False),
        ({}, LOSSLESS | {"rowsperstrip": 16}, DN, True),
        ({}, LOSSLESS | {"tile": (64, 64)}, DN, True),  # wider than the 60 columns
        ({}, JXL, DN, True),
        ({}, {}, DN.astype(np.float32), True),
        ({50975: (4, 1, 2)}, {}, DN, True),
    ],
)
def test_libraw_is_asked_for_what_it_reads_right(
    tags: dict, options: dict, dn: np.ndarray, expected: bool, tmp_path: Path
) -> None:
    with tifffile.TiffFile(write_dng(tmp_path / "a.dng", tags, dn, **options)) as tiff:
        assert needs_tifffile(tiff.pages[0], ()) is expected


def test_a_table_is_ours_when_list_1_comes_before_it(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {50712: (3, 3, (5, 6, 900))})
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        assert not needs_tifffile(page, ())
        assert needs_tifffile(page, runs_of(opcode(5, bad_list([(0, 0)]))))
        assert linearised(np.array([0, 1, 2, 60]), page).tolist() == [5, 6, 900, 900]


def test_damaged_pixels_are_a_file_error(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {}, **JXL)
    with tifffile.TiffFile(path) as tiff:
        offset = tiff.pages[0].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 40] = bytes(40)
    path.write_bytes(content)

    with (
        tifffile.TiffFile(path) as tiff,
        pytest.raises(FileError, match=r"a\.dng: its raw picture cannot be decoded"),
    ):
        stored_pixels(path, tiff.pages[0])


def test_floats_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    light = DN.astype(np.float32)
    light[3, 3] = np.nan
    path = write_dng(tmp_path / "a.dng", {}, light)

    with (
        tifffile.TiffFile(path) as tiff,
        pytest.raises(FileError, match="values that are not finite"),
    ):
        stored_pixels(path, tiff.pages[0])


def test_stored_values_are_whole_and_16_bits_again_after_list_1() -> None:
    dn = np.array([[1, 2, 60000], [3, 5, 7]], dtype=np.uint16)
    halves = opcode(8, polynomial(area(), -1.0, 1.5), list_number=1)

    pixels, mended, [record] = run_list_1(dn, runs_of(halves), is_bayer=True)

    # 0.5, 2, 89999; 3.5, 6.5, 9.5: half to even, and 65535 at most.
    assert pixels.tolist() == [[0, 2, 65535], [4, 6, 10]]
    assert pixels.dtype == np.uint16
    assert not mended.any()
    assert record == halves.record() | {"clipped": 1}


def test_mended_photosites_are_told() -> None:
    dn = np.full((6, 6), 10, dtype=np.uint16)

    _, mended, [record] = run_list_1(dn, runs_of(opcode(5, bad_list([(2, 3)]))), is_bayer=True)

    assert np.argwhere(mended).tolist() == [[2, 3]]
    assert record["mended"] == 1
