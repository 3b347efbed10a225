"""LibRaw's pixels and the tags' facts are put together, and nothing broken passes for a raw."""

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from isp.core.errors import FileError, LimitError
from isp.files.limits import Limits
from isp.files.raw_decode import decode_raw
from tests.isp.files.test_dng_tags import DN, write_dng


def test_an_active_area_is_cut_out_with_its_own_pattern(tmp_path: Path) -> None:
    # The pattern of the tag begins at the active area; LibRaw reports it from the full corner.
    path = write_dng(tmp_path / "a.dng", {50829: (4, 4, (5, 3, 39, 58))})

    decoded = decode_raw(str(path), Limits())

    assert np.array_equal(decoded.arrays["dn"], DN[5:39, 3:58])
    assert decoded.facts["cfa"] == [["G", "R"], ["B", "G"]]


def test_black_of_a_larger_cell_is_read_from_the_tag(tmp_path: Path) -> None:
    levels = tuple(range(40, 56))  # LibRaw collapses a 4 x 4 cell to one number
    path = write_dng(tmp_path / "a.dng", {50713: (3, 2, (4, 4)), 50714: (3, 16, levels)})

    decoded = decode_raw(str(path), Limits())

    assert decoded.facts["cfa"] == [["G", "R"], ["B", "G"]]
    assert decoded.facts["black_level_dn"] == [
        45.0,
        46.0,
        49.0,
        50.0,
    ]  # 45 the mean of 40, 42, 48, 50
    whole = np.tile([[45.0, 46.0], [49.0, 50.0]], (2, 2)) + decoded.arrays["black_cell"]
    assert whole.ravel().tolist() == list(levels)


def test_a_quad_bayer_pattern_is_the_tags_own(tmp_path: Path) -> None:
    codes = bytes([0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2])
    path = write_dng(tmp_path / "a.dng", {33421: (3, 2, (4, 4)), 33422: (1, 16, codes)})

    decoded = decode_raw(str(path), Limits())

    assert decoded.facts["cfa"] == [list(row) for row in ("RRGG", "RRGG", "GGBB", "GGBB")]
    assert np.array_equal(decoded.arrays["dn"], DN)


def test_a_linearisation_table_is_applied_once(tmp_path: Path) -> None:
    table = tuple(min(4 * i, 65535) for i in range(1024))
    path = write_dng(tmp_path / "a.dng", {50712: (3, 1024, table), 50717: (3, 1, 4092)})

    decoded = decode_raw(str(path), Limits())

    assert np.array_equal(decoded.arrays["dn"], 4 * DN)
    assert (decoded.facts["white_level_dn"], decoded.facts["bit_depth"]) == (4092.0, 12)


def test_black_deltas_come_with_the_pixels(tmp_path: Path) -> None:
    deltas = tuple(n for i in range(60) for n in (i % 4, 4))
    path = write_dng(tmp_path / "a.dng", {50715: ("2i", 60, deltas)})

    decoded = decode_raw(str(path), Limits())

    assert decoded.arrays["black_delta_h"].tolist() == [(i % 4) / 4 for i in range(60)]
    assert "black_delta_v" not in decoded.arrays


def test_packed_twelve_bits_are_exact(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {50717: None}, bitspersample=12)

    decoded = decode_raw(str(path), Limits())

    assert np.array_equal(decoded.arrays["dn"], DN)
    assert (decoded.facts["white_level_dn"], decoded.facts["bit_depth"]) == (4095.0, 12)


def test_facts_alone_carry_no_pixels(tmp_path: Path) -> None:
    decoded = decode_raw(str(write_dng(tmp_path / "a.dng", {})), Limits(), pixels=False)

    assert decoded.arrays == {}
    assert (decoded.facts["minimum_dn"], decoded.facts["maximum_dn"]) == (0, 999)


def test_a_big_tiff_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.dng", DN, bigtiff=True)

    with pytest.raises(FileError, match="BigTIFF"):
        decode_raw(str(tmp_path / "a.dng"), Limits())


def test_a_dng_with_no_raw_in_it_says_so(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {33421: None, 33422: None}, photometric="minisblack")

    with pytest.raises(FileError, match="a DNG without a raw picture"):
        decode_raw(str(path), Limits())


def test_a_picture_tiff_is_no_raw(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.dng", np.zeros((40, 60, 3), np.uint8), photometric="rgb")

    with pytest.raises(FileError, match="LibRaw finds no raw picture"):
        decode_raw(str(tmp_path / "a.dng"), Limits())


@pytest.mark.parametrize("kept", [9, 100, 2000])
def test_a_cut_dng_is_refused_wherever_it_is_cut(kept: int, tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {})
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(FileError, match=r"a\.dng: "):
        decode_raw(str(path), Limits())


def test_a_panasonic_raw_without_its_strip_is_refused(tmp_path: Path) -> None:
    entries = struct.pack("<HHII", 279, 4, 1, 5000) + struct.pack("<HHII", 280, 4, 1, 60)
    path = tmp_path / "a.rw2"
    path.write_bytes(b"IIU\0" + struct.pack("<IH", 8, 2) + entries + bytes(40))

    with pytest.raises(FileError, match="reaches to byte 5060, but the file has 74 bytes"):
        decode_raw(str(path), Limits())


def test_a_header_over_the_limit_is_refused_before_libraw_sees_it(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {})

    with pytest.raises(LimitError, match=r"60 x 40 is 0\.0 megapixels"):
        decode_raw(str(path), Limits(pixels=2000))
