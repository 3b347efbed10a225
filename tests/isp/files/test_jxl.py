"""JPEG XL is read back bit for bit by another library, and its header says the colours."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.core.errors import FrameError
from isp.files.display_codes import code_frame
from isp.files.light import light_of
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame
from tests.isp.files.second_readers import said_by


@pytest.mark.parametrize("hdr", ["pq", "hlg"])
def test_imagecodecs_reads_16_bit_codes_bit_for_bit(hdr: str, tmp_path: Path) -> None:
    write(tmp_path / "a.jxl", linear_frame(), hdr=hdr)

    back = imagecodecs.jpegxl_decode((tmp_path / "a.jxl").read_bytes())

    assert np.array_equal(back, code_frame("a", linear_frame(), 16, transfer=hdr).code)


def test_imagecodecs_reads_sdr_codes_bit_for_bit(tmp_path: Path) -> None:
    write(tmp_path / "a.jxl", sdr_frame())

    back = imagecodecs.jpegxl_decode((tmp_path / "a.jxl").read_bytes())

    assert np.array_equal(back, code_frame("a", sdr_frame(), 16).code)


def test_light_is_float_and_comes_back_bit_for_bit_beyond_1_and_below_0(tmp_path: Path) -> None:
    frame = linear_frame()
    write(tmp_path / "a.jxl", frame, space="p3")

    back = imagecodecs.jpegxl_decode((tmp_path / "a.jxl").read_bytes())

    light = light_of(frame, "p3", "a")
    assert back.dtype == np.float32
    assert np.array_equal(back, light.astype(np.float32))
    assert back.max() > 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hdr": "pq"}, ("Rec.2100 primaries", "PQ transfer function", "10000.000000 nits")),
        ({"hdr": "hlg"}, ("Rec.2100 primaries", "HLG transfer function", "1000.000000 nits")),
        ({"space": "p3"}, ("P3 primaries", "Linear transfer function", "32-bit float")),
    ],
)
def test_jxlinfo_sees_primaries_curve_and_peak(
    options: dict[str, str], said: tuple[str, ...], tmp_path: Path
) -> None:
    write(tmp_path / "a.jxl", linear_frame(), **options)

    told = said_by("jxlinfo", "-v", tmp_path / "a.jxl")

    for words in said:
        assert words in told


def test_exiftool_reads_what_1_means_and_openimageio_the_code_points(tmp_path: Path) -> None:
    import OpenImageIO as oiio

    write(tmp_path / "a.jxl", linear_frame(), white_cd_m2=100.0)

    source = oiio.ImageInput.open(str(tmp_path / "a.jxl"))
    assert source.spec().getattribute("CICP") == (9, 8, 0, 1)
    source.close()
    told = said_by("exiftool", "-s3", "-ImageDescription", tmp_path / "a.jxl")
    assert "1.0 is 100 cd/m2" in told


def test_what_float32_cannot_hold_is_refused(tmp_path: Path) -> None:
    frame = linear_frame()
    frame.data[0, 0, 0, 0] = float("nan")

    with pytest.raises(FrameError, match="NaN or infinite"):
        write(tmp_path / "a.jxl", frame)
    assert list(tmp_path.iterdir()) == []
