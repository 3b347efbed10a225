"""A JPEG XL is decoded with all its bits, within the limits, or refused."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.guarded import decode
from isp.files.jxl_decode import decode_jxl
from isp.files.limits import Limits
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame

CODES = np.random.default_rng(4).integers(0, 1024, (6, 7, 3), dtype=np.uint16)


def stored(path: Path, pixels: np.ndarray, **options: object) -> Path:
    path.write_bytes(imagecodecs.jpegxl_encode(pixels, lossless=True, **options))
    return path


def test_codes_of_ten_bits_stay_codes_of_ten_bits(tmp_path: Path) -> None:
    decoded = decode_jxl(str(stored(tmp_path / "a.jxl", CODES, bitspersample=10)), Limits())

    assert decoded.facts["bit_depth"] == 10
    assert np.array_equal(decoded.arrays["code"], CODES)


@pytest.mark.parametrize(("channels", "alpha"), [(1, None), (3, None), (4, "left out")])
def test_grey_and_alpha_are_understood(channels: int, alpha: str | None, tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (6, 7, channels), dtype=np.uint8)
    path = stored(tmp_path / "a.jxl", pixels[..., 0] if channels == 1 else pixels)

    decoded = decode_jxl(str(path), Limits())

    assert decoded.facts["alpha"] == alpha
    assert np.array_equal(decoded.arrays["code"], pixels[..., : min(channels, 3)])


def test_light_comes_as_float32_with_what_1_is(tmp_path: Path) -> None:
    write(tmp_path / "a.jxl", linear_frame(), space="p3", white_cd_m2=100.0)

    facts = decode_jxl(str(tmp_path / "a.jxl"), Limits()).facts

    assert facts["is_float"]
    assert facts["cicp"] == [12, 8, 0, 1]
    assert facts["intensity_target_cd_m2"] == 100.0


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    """Before it is decoded: what follows the header is cut off."""
    write(tmp_path / "a.jxl", sdr_frame(30, 40))
    whole = (tmp_path / "a.jxl").read_bytes()
    (tmp_path / "a.jxl").write_bytes(whole[:200])

    with pytest.raises(LimitError, match="40 x 30"):
        decode_jxl(str(tmp_path / "a.jxl"), Limits(pixels=1000))


def test_a_file_cut_short_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.jxl", CODES)
    path.write_bytes(path.read_bytes()[:-20])
    (tmp_path / "b.jxl").write_bytes(b"\xff\xd8\xff\xe0")

    with pytest.raises(FileError, match="cut short or damaged"):
        decode("isp.files.jxl_decode:decode_jxl", path, Limits())
    with pytest.raises(FileError, match="it is a JPEG picture, not a JPEG XL"):
        decode_jxl(str(tmp_path / "b.jxl"), Limits())
