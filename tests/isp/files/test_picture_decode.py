"""Pictures keep every bit they have."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from isp.core.errors import FileError, LimitError
from isp.files.limits import Limits
from isp.files.picture_decode import decode_picture
from tests.isp.files.samples import png_header

CODE = np.random.Generator(np.random.PCG64(5)).integers(0, 65536, (9, 7, 3), dtype=np.uint16)


def test_sixteen_bits_stay_sixteen(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", CODE, photometric="rgb")

    decoded = decode_picture(str(tmp_path / "a.tif"), Limits())

    assert np.array_equal(decoded.arrays["code"], CODE)
    assert decoded.facts["bit_depth"] == 16


def test_twelve_bits_are_not_stretched(tmp_path: Path) -> None:
    grey = CODE[..., 0] >> 4
    tifffile.imwrite(tmp_path / "a.tif", grey, bitspersample=12, photometric="minisblack")

    decoded = decode_picture(str(tmp_path / "a.tif"), Limits())

    assert np.array_equal(decoded.arrays["code"][..., 0], grey)
    assert decoded.facts["bit_depth"] == 12


def test_alpha_is_left_out_and_does_not_darken_the_colours(tmp_path: Path) -> None:
    rgba = (CODE >> 8).astype(np.uint8)[..., [0, 1, 2, 0]]
    Image.fromarray(rgba, "RGBA").save(tmp_path / "a.png")

    decoded = decode_picture(str(tmp_path / "a.png"), Limits())

    assert np.array_equal(decoded.arrays["code"], rgba[..., :3])
    assert decoded.facts["alpha"] == "left out"


def test_a_picture_over_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match=r"400\.0 megapixels"):
        decode_picture(str(png_header(tmp_path / "a.png", 20_000, 20_000)), Limits())


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_a_cut_picture_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray((CODE >> 8).astype(np.uint8).repeat(20, 0).repeat(20, 1)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    with pytest.raises(FileError, match=r"cut short or damaged|header is damaged"):
        decode_picture(str(path), Limits())


def test_a_changed_byte_in_a_png_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray((CODE >> 8).astype(np.uint8)).save(path)
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(FileError, match="damaged"):
        decode_picture(str(path), Limits())


def test_an_ultra_hdr_jpeg_is_its_base_in_8_bits(tmp_path: Path) -> None:
    light = np.full((16, 16, 4), 2.0, np.float16)
    path = tmp_path / "a.jpg"
    path.write_bytes(imagecodecs.ultrahdr_encode(light, gamut=0, transfer=0))

    decoded = decode_picture(str(path), Limits())

    with Image.open(path) as picture:
        assert np.array_equal(decoded.arrays["code"], np.asarray(picture.convert("RGB")))
    assert decoded.facts["bit_depth"] == 8
    assert decoded.facts["is_float"] is False
