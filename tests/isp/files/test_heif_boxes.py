"""The boxes of AVIF and HEIC say size, depth, colours and turning, or are refused."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.files.heif_boxes import MOST_BOXES, boxes, heif_header
from isp.files.orientation import upright
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame
from tests.isp.files.second_readers import said_by


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def heif(properties: list[bytes], associated: bytes | None = None) -> bytes:
    """A file of one item with these properties, and no pixels."""
    numbers = bytes(range(1, len(properties) + 1))
    ipma = bytes(4) + struct.pack(">IHB", 1, 1, len(numbers)) + numbers
    iprp = box(b"ipco", b"".join(properties)) + box(b"ipma", associated or ipma)
    pitm = box(b"pitm", bytes(4) + struct.pack(">H", 1))
    return box(b"ftyp", b"avif") + box(b"meta", bytes(4) + pitm + box(b"iprp", iprp))


SIZE = box(b"ispe", bytes(4) + struct.pack(">II", 30, 20))


def test_each_property_is_found() -> None:
    pixi = box(b"pixi", bytes(4) + bytes([3, 10, 10, 10]))
    nclx = box(b"colr", b"nclx" + struct.pack(">HHHB", 9, 16, 0, 0x80))
    light = box(b"clli", struct.pack(">HH", 1000, 203))

    header = heif_header(heif([SIZE, pixi, nclx, light, box(b"colr", b"prof" + b"icc")]))

    assert (header.width, header.height, header.bit_depth) == (30, 20, 10)
    assert header.cicp == (9, 16, 0, 1)
    assert header.light_level == (1000, 203)
    assert header.icc == b"icc"
    assert not header.is_cropped


@pytest.mark.parametrize(
    ("configuration", "bits"),
    [
        (box(b"av1C", bytes([0x81, 0, 0x00, 0])), 8),
        (box(b"av1C", bytes([0x81, 0, 0x40, 0])), 10),
        (box(b"av1C", bytes([0x81, 0, 0x60, 0])), 12),
        (box(b"hvcC", bytes(17) + bytes([0xFA])), 10),
        (b"", None),
    ],
)
def test_without_pixi_the_codec_s_configuration_says_the_depth(
    configuration: bytes, bits: int | None
) -> None:
    assert heif_header(heif([SIZE, *([configuration] if configuration else [])])).bit_depth == bits


def test_wide_associations_with_long_item_numbers_are_read_too() -> None:
    ipma = bytes([1, 0, 0, 1]) + struct.pack(">IIBHIBH", 2, 7, 1, 1, 1, 1, 0x8001)

    assert heif_header(heif([SIZE], ipma)).width == 30


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [None, 0, 1])
def test_turns_and_mirrors_are_an_exif_orientation(turns: int, mirror: int | None) -> None:
    """`irot` turns by 90 degrees anticlockwise, then `imir` swaps rows (0) or columns (1)."""
    stored = np.arange(6).reshape(2, 3)
    asked = [box(b"irot", bytes([turns]))]
    shown = np.rot90(stored, turns)
    if mirror is not None:
        asked.append(box(b"imir", bytes([mirror])))
        shown = shown[::-1] if mirror == 0 else shown[:, ::-1]

    header = heif_header(heif([SIZE, *asked]))

    assert np.array_equal(upright(stored, header.orientation), shown)


def test_files_of_two_encoders_are_understood(tmp_path: Path) -> None:
    pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
    write(tmp_path / "a.avif", linear_frame())
    write(tmp_path / "b.avif", sdr_frame(), bit_depth=12)

    hdr, sdr = (heif_header((tmp_path / f"{n}.avif").read_bytes()) for n in "ab")

    assert (hdr.width, hdr.height, hdr.bit_depth, hdr.cicp) == (17, 12, 10, (9, 16, 0, 1))
    assert (sdr.width, sdr.height, sdr.bit_depth, sdr.cicp) == (17, 12, 12, (1, 13, 0, 1))
    assert hdr.light_level is not None


def test_avifenc_s_turned_file_is_understood(tmp_path: Path) -> None:
    write(tmp_path / "a.png", sdr_frame())
    said_by("avifenc", "--irot", "1", "--imir", "0", tmp_path / "a.png", tmp_path / "a.avif")

    assert heif_header((tmp_path / "a.avif").read_bytes()).orientation == 5


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (b"", "no meta box"),
        (box(b"meta", b""), "no pitm box"),
        (heif([]), "how large"),
        (heif([SIZE], bytes(4) + struct.pack(">I", 0)), "no properties"),
        (heif([SIZE], bytes(4) + struct.pack(">I", 9)), "damaged"),
        (struct.pack(">I4s", 99, b"meta"), "do not fit"),
        (struct.pack(">I4s", 4, b"meta"), "do not fit"),
        (b"\0\0\0", "damaged"),
    ],
)
def test_what_is_damaged_is_refused(stored: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        heif_header(stored)


def test_millions_of_empty_boxes_end() -> None:
    with pytest.raises(ValueError, match="too many boxes"):
        list(boxes(box(b"free", b"") * (MOST_BOXES + 1), 0, 8 * (MOST_BOXES + 1)))


def test_a_property_number_of_none_is_passed_over() -> None:
    associated = bytes(4) + struct.pack(">IHB", 1, 1, 3) + bytes([0, 1, 99])

    assert heif_header(heif([SIZE], associated)).height == 20


def test_code_points_of_nobody_are_said_as_they_are() -> None:
    stored = imagecodecs.avif_encode(np.zeros((4, 5, 3), np.uint8))

    assert heif_header(stored).cicp is not None
