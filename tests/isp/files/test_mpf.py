"""The list of pictures leads to the second one, in our bytes and in a phone's order."""

import io
import struct

import numpy as np
import pytest
from PIL import MpoImagePlugin

from isp.files.jpeg_bytes import encode_jpeg
from isp.files.jpeg_segments import APP2, segment, with_segments
from isp.files.mpf import NAME, Place, further_pictures, mpf_segment

FIRST = encode_jpeg(np.full((8, 8, 3), 90, np.uint8), 90)
SECOND = encode_jpeg(np.full((8, 8, 3), 200, np.uint8), 90)
JFIF_BYTES = 18


def joined() -> bytes:
    length = len(FIRST) + len(mpf_segment(0, 0, 0))
    start = 2 + JFIF_BYTES + 4 + len(NAME)
    return with_segments(FIRST, [mpf_segment(start, length, len(SECOND))]) + SECOND


def test_the_second_picture_is_where_the_list_says() -> None:
    whole = joined()

    (place,) = further_pictures(whole)

    assert whole[place.start : place.start + place.length] == SECOND


def test_pillow_finds_both_pictures() -> None:
    with MpoImagePlugin.MpoImageFile(io.BytesIO(joined())) as pictures:
        assert pictures.n_frames == 2
        pictures.seek(1)
        assert pictures.getpixel((4, 4)) == (200, 200, 200)


def test_little_endian_lists_are_read_too() -> None:
    entries = struct.pack("<IIIHHIIIHH", 0, 9, 0, 0, 0, 0, 5, 40, 0, 0)
    index = b"II*\x00" + struct.pack("<IHHHIII", 8, 1, 0xB002, 7, len(entries), 26, 0) + entries
    whole = with_segments(FIRST, [segment(APP2, NAME + index)]) + bytes(99)

    assert further_pictures(whole) == [Place(2 + JFIF_BYTES + 4 + len(NAME) + 40, 5)]


def test_a_plain_jpeg_lists_none() -> None:
    assert further_pictures(FIRST) == []


@pytest.mark.parametrize("index", [b"", b"XX*\x00", b"MM*\x00\x00\x00\x00\x08\x00\x05"])
def test_a_damaged_list_is_refused(index: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        further_pictures(with_segments(FIRST, [segment(APP2, NAME + index)]))


def test_a_list_that_points_outside_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the file"):
        further_pictures(joined()[:-1])
