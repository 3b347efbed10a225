"""Tags are read as bytes, whatever the file's byte order, and never beyond the file."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from isp.files.tiff_tags import MOST_BYTES, RawTag, kept_tags, read_ifd, tag_of
from tests.isp.files.rich_dng import rich_dng


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_give_the_same_little_endian_bytes(order: str, tmp_path: Path) -> None:
    extra = [(50730, "2i", 1, (-3, 10), True), (51041, 12, 2, (0.5, 0.25), True),
             (65000, 3, 3, (1, 2, 3), True), (65001, 3, 1, 7, True)]  # fmt: skip
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=order) as tiff:
        tiff.write(np.zeros((4, 4), np.uint8), metadata=None, extratags=extra)

    with (tmp_path / "a.tif").open("rb") as stream:
        tags = {t.code: t for t in read_ifd(stream, order, 8)}

    assert tags[50730].payload == struct.pack("<2i", -3, 10)
    assert tags[51041].payload == struct.pack("<2d", 0.5, 0.25)
    assert tags[65000].payload == struct.pack("<3H", 1, 2, 3)
    assert tags[65001].payload == struct.pack("<H", 7)
    assert (tags[51041].kind, tags[51041].count) == (12, 2)


def ifd(*entries: tuple[int, int, int, int]) -> io.BytesIO:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return io.BytesIO(b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + bytes(4))


@pytest.mark.parametrize(
    "entry",
    [
        (700, 1, 4_000_000_000, 8),  # longer than the file
        (700, 7, 8, 4_000_000_000),  # beyond its end
        (700, 77, 1, 8),  # of no known type
    ],
)
def test_an_entry_that_cannot_be_is_passed_over(entry: tuple[int, int, int, int]) -> None:
    assert [t.code for t in read_ifd(ifd(entry, (274, 3, 1, 6)), "<", 8)] == [274]


def test_an_ifd_outside_the_file_or_cut_short_is_empty_or_short() -> None:
    assert read_ifd(ifd(), "<", 4_000_000_000) == []
    cut = io.BytesIO(ifd((274, 3, 1, 6), (275, 3, 1, 6)).getvalue()[:24])
    assert [t.code for t in read_ifd(cut, "<", 8)] == [274]


def test_a_tag_too_long_to_carry_is_left_behind_and_said(tmp_path: Path) -> None:
    extra = [(65000, 7, MOST_BYTES + 1, bytes(MOST_BYTES + 1), True)]
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder="<") as tiff:
        tiff.write(np.zeros((4, 4), np.uint8), metadata=None, extratags=extra)

    tags, left = kept_tags(tmp_path / "a.tif", "<", [8])

    assert left == [65000]
    assert 65000 not in {t.code for t in tags}


def test_exif_and_gps_come_along_structure_and_makers_note_do_not(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng")
    with tifffile.TiffFile(tmp_path / "a.dng") as tiff:
        start = tiff.pages[0].offset

    tags, left = kept_tags(tmp_path / "a.dng", "<", [start, start])

    found = {(t.ifd, t.code) for t in tags}
    assert {("exif", 42036), ("gps", 1), ("main", 271), ("main", 50964)} <= found
    assert not {c for i, c in found if i == "main"} & {256, 273, 279, 33422, 50714, 50717, 34665}
    assert left == [37500]
    assert len(found) == len(tags)  # the same IFD twice gives each tag once


def test_a_record_is_plain_and_gives_the_tag_back() -> None:
    tag = RawTag(ifd="exif", code=42036, kind=2, count=3, payload=b"50\0")

    assert tag.record() == ["exif", 42036, 2, 3, "NTAA"]
    assert tag_of(tag.record()) == tag
