"""The header of a JPEG XL, bit by bit, is what libjxl wrote."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from isp.files.jxl_header import codestream, jxl_header
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame
from tests.isp.files.second_readers import said_by

GREY = np.zeros((6, 5), np.uint8)
COLOURS = np.zeros((6, 5, 3), np.uint8)


@pytest.mark.parametrize(
    ("pixels", "options", "depth", "is_float"),
    [
        (COLOURS, {}, 8, False),
        (GREY, {}, 8, False),
        (np.zeros((6, 5, 4), np.uint8), {}, 8, False),
        (COLOURS.astype(np.uint16), {"bitspersample": 10}, 10, False),
        (COLOURS.astype(np.uint16), {"bitspersample": 14}, 14, False),
        (COLOURS.astype(np.float32), {}, 32, True),
    ],
)
@pytest.mark.parametrize("usecontainer", [False, True])
def test_what_imagecodecs_wrote_is_read(
    usecontainer: bool, pixels: np.ndarray, options: dict[str, Any], depth: int, is_float: bool
) -> None:
    stored = imagecodecs.jpegxl_encode(pixels, lossless=True, usecontainer=usecontainer, **options)

    header = jxl_header(stored)

    assert (header.width, header.height) == (5, 6)
    assert (header.bit_depth, header.is_float, header.is_xyb) == (depth, is_float, False)
    assert header.intensity_target_cd_m2 is None


@pytest.mark.parametrize(
    "size", [(8, 8), (8, 16), (7, 9), (24, 20), (256, 256), (600, 400), (9, 16), (513, 1026)]
)
def test_every_way_of_saying_a_size_is_read(size: tuple[int, int]) -> None:
    """Small multiples of 8, ratios, and numbers of 9 and 13 bits."""
    header = jxl_header(imagecodecs.jpegxl_encode(np.zeros(size, np.uint8), lossless=True))

    assert (header.height, header.width) == size


def test_a_lossy_picture_says_that_it_is() -> None:
    assert jxl_header(imagecodecs.jpegxl_encode(COLOURS, distance=1.0, lossless=False)).is_xyb


@pytest.mark.parametrize(
    ("frame", "options", "cicp", "target"),
    [
        (linear_frame(), {"hdr": "pq"}, (9, 16), 10000.0),
        (linear_frame(), {"hdr": "hlg"}, (9, 18), 1000.0),
        (linear_frame(), {"space": "p3"}, (12, 8), 203.0),
        (sdr_frame(), {}, (1, 13), None),
    ],
)
def test_what_we_write_says_its_colours_and_target(
    frame: Any, options: dict[str, Any], cicp: tuple[int, int], target: float | None, tmp_path: Path
) -> None:
    write(tmp_path / "a.jxl", frame, **options)

    header = jxl_header((tmp_path / "a.jxl").read_bytes())

    assert (header.width, header.height) == (17, 12)
    assert header.cicp == cicp
    assert header.intensity_target_cd_m2 == target


def test_cjxl_s_profile_of_its_own_is_seen(tmp_path: Path) -> None:
    from dataclasses import replace

    from isp.core.colour import PRIMARIES, Colour

    wide = replace(sdr_frame(), colour=Colour(primaries=PRIMARIES["p3"], transfer="srgb"))
    write(tmp_path / "a.jpg", wide)
    said_by("cjxl", "-j", "0", "-d", "0", tmp_path / "a.jpg", tmp_path / "a.jxl")

    header = jxl_header((tmp_path / "a.jxl").read_bytes())

    assert (header.width, header.height) == (17, 12)
    assert header.has_icc or header.cicp == (12, 13)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (b"words", "boxes"),
        (b"", "does not begin"),
        (b"\xff\x0a", "cut short"),
        (b"\xff\x0a\x00", "cut short"),
    ],
)
def test_what_is_damaged_is_refused(stored: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        jxl_header(stored)


def test_a_codestream_in_parts_is_joined(tmp_path: Path) -> None:
    write(tmp_path / "a.jxl", linear_frame())
    stored = (tmp_path / "a.jxl").read_bytes()

    assert stored.count(b"jxlp") == 2
    assert codestream(stored).startswith(b"\xff\x0a")
    # The parts but for their numbers and heads are all of it.
    first = stored.index(b"jxlp") + 8
    assert codestream(stored)[:8] == stored[first : first + 8]
