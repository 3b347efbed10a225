"""JPEG XL is read back bit for bit by another library, and its header says the colours."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
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


def noisy_light() -> Frame:
    """What a camera's noise gives: both signs, zeros, and ten powers of ten."""
    drawn = np.random.default_rng(2)
    light = drawn.standard_normal((3, 40, 61)) * 10 ** drawn.uniform(-6, 4, (3, 40, 61))
    light[:, ::3] = 0
    return Frame.start(torch.from_numpy(light)[None].float(), Domain.LINEAR, colour=Colour())


@pytest.mark.parametrize(("bit_depth", "kind"), [(None, np.float16), (32, np.float32)])
@pytest.mark.parametrize("noisy", [False, True])
def test_light_comes_back_bit_for_bit_beyond_1_and_below_0(
    noisy: bool, bit_depth: int | None, kind: type, tmp_path: Path
) -> None:
    frame = noisy_light() if noisy else linear_frame()
    write(tmp_path / "a.jxl", frame, space="p3", bit_depth=bit_depth)

    back = imagecodecs.jpegxl_decode((tmp_path / "a.jxl").read_bytes())

    light = light_of(frame, "p3", "a")
    assert back.dtype == kind
    assert np.array_equal(back, light.astype(kind))
    assert back.max() > 1


def test_light_that_no_half_holds_is_refused_or_cut_as_in_an_exr(tmp_path: Path) -> None:
    frame = Frame.start(torch.full((1, 3, 4, 4), 7e4), Domain.LINEAR, colour=Colour())

    with pytest.raises(FrameError, match="the largest half float"):
        write(tmp_path / "a.jxl", frame, space="bt709")
    assert write(tmp_path / "a.jxl", frame, space="bt709", allow_clip=True) == 48
    write(tmp_path / "b.jxl", frame, space="bt709", bit_depth=32)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hdr": "pq"}, ("Rec.2100 primaries", "PQ transfer function", "10000.000000 nits")),
        ({"hdr": "hlg"}, ("Rec.2100 primaries", "HLG transfer function", "1000.000000 nits")),
        ({"space": "p3"}, ("P3 primaries", "Linear transfer function", "16-bit float")),
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


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    frame = linear_frame()
    frame.data[0, 0, 0, 0] = float("nan")

    with pytest.raises(FrameError, match=r"\d values are NaN"):
        write(tmp_path / "a.jxl", frame)
    with pytest.raises(FrameError, match="NaN or infinite"):
        write(tmp_path / "a.jxl", frame, bit_depth=32)
    assert list(tmp_path.iterdir()) == []
