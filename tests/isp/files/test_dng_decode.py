"""A DNG is opened once: facts, pixels where LibRaw has none, and levels on their scale."""

from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import FileError
from isp.files.dng_decode import cut_active, merge_dng, open_dng
from isp.files.dng_opcodes import opcode_bytes
from isp.files.limits import Limits
from tests.isp.files.opcode_samples import bad_list, opcode
from tests.isp.files.test_dng_tags import DN, write_dng

JXL = {"compression": 52546, "compressionargs": {"lossless": True}}


def test_pixels_are_left_to_libraw_where_it_can(tmp_path: Path) -> None:
    opened = open_dng(write_dng(tmp_path / "a.dng", {}), Limits())

    assert opened.pixels is None
    assert opened.facts["kept"]["size"] == [40, 60]


def test_list_1_and_the_active_area_are_ours_where_it_cannot(tmp_path: Path) -> None:
    value = opcode_bytes([opcode(5, bad_list([(6, 9)]), list_number=1)])
    path = write_dng(
        tmp_path / "a.dng", {50829: (4, 4, (4, 8, 40, 60)), 51008: (7, len(value), value)}, **JXL
    )

    opened = open_dng(path, Limits())

    assert opened.pixels is not None
    assert opened.mended is not None
    expected = DN[4:40, 8:60].copy()
    # (6, 9) counts as green when red is at (0, 0): its diagonal neighbours, half to even.
    expected[2, 1] = np.rint(np.mean([DN[5, 8], DN[5, 10], DN[7, 8], DN[7, 10]]))
    assert np.array_equal(opened.pixels, expected)
    assert np.argwhere(opened.mended).tolist() == [[2, 1]]


def test_floating_point_has_levels_on_the_scale_of_its_pixels(tmp_path: Path) -> None:
    light = DN.astype(np.float32) / 1023
    tags = {50714: ("2I", 1, (1, 4)), 50717: None}
    opened = open_dng(write_dng(tmp_path / "a.dng", tags, light), Limits())
    assert opened.pixels is not None

    facts, dn, _ = merge_dng("a.dng", opened.facts, {}, opened.pixels)

    assert facts["black_level_dn"] == [65535 / 4] * 4
    assert facts["white_level_dn"] == 65535
    assert np.array_equal(dn, light * np.float32(65535))


def test_pixels_of_another_size_than_the_tags_are_refused(tmp_path: Path) -> None:
    opened = open_dng(write_dng(tmp_path / "a.dng", {}), Limits())

    with pytest.raises(FileError, match="its tags say 60 x 40, but its pixels are 59 x 40"):
        merge_dng("a.dng", opened.facts, {"white_level_dn": 1023.0}, DN[:, :59])


def test_the_active_area_is_a_copy() -> None:
    whole = np.zeros((4, 4))
    cut_active(whole, {"active_area": [1, 1, 3, 3]})[:] = 1

    assert not whole.any()
