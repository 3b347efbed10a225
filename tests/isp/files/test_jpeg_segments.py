"""Segments of a JPEG are found, and new ones stand where readers look for them."""

import io

import numpy as np
import pytest
from PIL import Image

from isp.files.jpeg_bytes import encode_jpeg
from isp.files.jpeg_segments import (
    APP0,
    APP1,
    APP2,
    icc_segment,
    segment,
    segments,
    with_segments,
    xmp_segment,
)

PLAIN = encode_jpeg(np.full((8, 8, 3), 90, np.uint8), 90)


def test_a_plain_jpeg_has_its_header_first_and_tables_before_the_pixels() -> None:
    markers = [found.marker for found in segments(PLAIN)]

    assert markers[0] == APP0
    assert {0xDB, 0xC0, 0xC4} <= set(markers)


def test_what_is_put_in_stands_behind_the_header_and_is_read_by_pillow() -> None:
    profile = b"a profile"
    richer = with_segments(PLAIN, [xmp_segment(b"<x/>"), icc_segment(profile)])

    found = list(segments(richer))
    assert [f.marker for f in found[:3]] == [APP0, APP1, APP2]
    with Image.open(io.BytesIO(richer)) as picture:
        assert picture.info["icc_profile"] == profile
        assert picture.info["xmp"] == b"<x/>"
        assert picture.getpixel((4, 4)) == (90, 90, 90)


def test_without_a_header_it_stands_first() -> None:
    bare = PLAIN[:2] + PLAIN[2 + 18 :]

    richer = with_segments(bare, [segment(APP1, b"ab")])

    assert richer[2:8] == b"\xff\xe1\x00\x04ab"


@pytest.mark.parametrize(
    "stored", [b"", b"PNG", PLAIN[:1], PLAIN[:30], b"\xff\xd8\x00\x00\x00\x00"]
)
def test_what_is_no_jpeg_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"does not begin|damaged"):
        list(segments(stored))


def test_a_segment_that_is_too_long_is_refused() -> None:
    assert len(segment(APP1, bytes(65533))) == 65537
    with pytest.raises(ValueError, match="more than a JPEG segment holds"):
        segment(APP1, bytes(65534))
