"""An AVIF is decoded with all its bits, within the limits, or refused."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.avif_decode import decode_avif
from isp.files.icc import icc_profile
from isp.files.limits import Limits
from isp.files.save import write
from tests.isp.files.samples import sdr_frame
from tests.isp.files.second_readers import said_by
from tests.isp.files.test_heif_boxes import box


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_codes_are_those_that_were_encoded(bits: int, tmp_path: Path) -> None:
    kind = np.uint8 if bits == 8 else np.uint16
    codes = np.random.default_rng(bits).integers(0, 2**bits, (6, 7, 3)).astype(kind)
    stored = imagecodecs.avif_encode(
        codes, level=100, bitspersample=bits, pixelformat="444", primaries=9, transfer=16, matrix=0
    )
    (tmp_path / "a.avif").write_bytes(stored)

    decoded = decode_avif(str(tmp_path / "a.avif"), Limits())

    assert decoded.facts["bit_depth"] == bits
    assert decoded.facts["cicp"] == [9, 16, 0, 1]
    assert np.array_equal(decoded.arrays["code"], codes)


@pytest.mark.parametrize(("channels", "alpha"), [(1, None), (4, "left out")])
def test_grey_and_alpha_are_understood(channels: int, alpha: str | None, tmp_path: Path) -> None:
    codes = np.full((6, 7, channels), 40, np.uint8)
    stored = imagecodecs.avif_encode(codes[..., 0] if channels == 1 else codes, level=100)
    (tmp_path / "a.avif").write_bytes(stored)

    decoded = decode_avif(str(tmp_path / "a.avif"), Limits())

    assert decoded.facts["alpha"] == alpha
    assert np.array_equal(decoded.arrays["code"], codes[..., : min(channels, 3)])


def test_avifenc_s_turned_picture_is_stored_as_it_lies_and_says_how_to_turn(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.png", sdr_frame())
    said_by("avifenc", "-l", "--irot", "3", tmp_path / "a.png", tmp_path / "a.avif")

    facts = decode_avif(str(tmp_path / "a.avif"), Limits()).facts

    assert (facts["width"], facts["height"], facts["orientation"]) == (17, 12, 6)


@pytest.mark.parametrize("space", ["p3", "bt2020"])
def test_without_code_points_the_icc_profile_says_the_colours(space: str, tmp_path: Path) -> None:
    write(tmp_path / "a.png", sdr_frame())
    (tmp_path / "a.icc").write_bytes(icc_profile(space, "srgb"))
    arguments = ("--icc", tmp_path / "a.icc", "--cicp", "2/2/0", "-l")
    said_by("avifenc", *arguments, tmp_path / "a.png", tmp_path / "a.avif")

    facts = decode_avif(str(tmp_path / "a.avif"), Limits()).facts

    assert facts["cicp"] == [{"p3": 12, "bt2020": 9}[space], 13, 0, 1]


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    write(tmp_path / "a.avif", sdr_frame(30, 40))
    whole = (tmp_path / "a.avif").read_bytes()
    (tmp_path / "a.avif").write_bytes(whole[: whole.index(b"mdat") + 4])  # no pixels to decode

    with pytest.raises(LimitError, match="40 x 30"):
        decode_avif(str(tmp_path / "a.avif"), Limits(pixels=1000))


def test_a_header_that_lies_about_the_depth_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.avif", sdr_frame())
    whole = (tmp_path / "a.avif").read_bytes()
    said = b"pixi" + bytes(4) + bytes([3, 10])
    (tmp_path / "a.avif").write_bytes(whole.replace(said, said[:-1] + bytes([9])))

    with pytest.raises(FileError, match="mismatched plane depths"):
        decode_avif(str(tmp_path / "a.avif"), Limits())


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (box(b"ftyp", b"avis" + bytes(4)), "it is an AVIF film"),
        (box(b"ftyp", b"avif" + bytes(4)), "no meta box"),
        (b"\xff\xd8\xff", "it is a JPEG picture"),
    ],
)
def test_what_is_no_avif_picture_is_refused(head: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.avif").write_bytes(head)

    with pytest.raises(FileError, match=words):
        decode_avif(str(tmp_path / "a.avif"), Limits())
