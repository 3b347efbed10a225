"""One door out: the name asks for the format."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, OutputError, UsageError
from isp.core.frame import Frame
from isp.files.magic import kind_of_bytes
from isp.files.open import read
from isp.files.save import write
from isp.files.ultrahdr import read_ultrahdr
from isp.files.yuv import read_yuv
from tests.isp.files.samples import camera, linear_frame, raw_frame, sdr_frame

RAW = raw_frame(camera())


@pytest.mark.parametrize(
    ("name", "frame", "family"),
    [
        ("a.dng", RAW, "tiff"),
        ("a.EXR", linear_frame(), "exr"),
        ("a.png", sdr_frame(), "png"),
        ("a.tiff", sdr_frame(), "tiff"),
        ("a.tif", RAW, "tiff"),
        ("a.JPG", sdr_frame(), "jpeg"),
    ],
)
def test_the_content_is_what_the_name_says(
    name: str, frame: Frame, family: str, tmp_path: Path
) -> None:
    write(tmp_path / name, frame)

    assert kind_of_bytes((tmp_path / name).read_bytes()[:512]).family == family


@pytest.mark.parametrize("name", ["a.raw", "a.tif"])
def test_a_mosaic_is_read_back_through_its_sidecar(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, RAW)

    back = read(tmp_path / name)

    assert back.domain is Domain.RAW
    assert back.data.equal(RAW.data)


HDR = replace(linear_frame(16, 16), domain=Domain.HDR)


@pytest.mark.parametrize(
    ("name", "frame", "options", "kind"),
    [
        ("a.avif", HDR, {}, "an AVIF picture"),
        ("a.avif", sdr_frame(), {"bit_depth": 12}, "an AVIF picture"),
        ("a.HEIC", linear_frame(), {"hdr": "hlg"}, "a HEIF picture"),
        ("a.jxl", HDR, {"space": "p3"}, "a JPEG XL picture"),
        ("a.jxl", sdr_frame(), {"quality": 80}, "a JPEG XL picture"),
        ("a.hdr", HDR, {}, "a Radiance picture"),
        ("a.jpg", HDR, {}, "a JPEG picture"),
        ("a.png", HDR, {"hdr": "hlg"}, "a PNG picture"),
    ],
)
def test_each_delivery_format_is_what_its_name_says_and_leaves_one_file(
    name: str, frame: Frame, options: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    if name.lower().endswith(("avif", "heic")):
        pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
        pytest.importorskip("pillow_heif", reason="the extra `codecs` is not installed")

    write(tmp_path / name, frame, **options)

    assert kind_of_bytes((tmp_path / name).read_bytes()[:512]).name == kind
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_hdr_frame_is_ultra_hdr_in_a_jpeg_and_pq_in_a_png(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg", HDR)
    write(tmp_path / "a.png", HDR)

    assert read_ultrahdr(tmp_path / "a.jpg").size == (16, 16)
    colour = read(tmp_path / "a.png").colour
    assert colour is not None
    assert (colour.space, colour.transfer, colour.anchor_cd_m2) == ("bt2020", "linear", 203.0)


def test_linear_light_in_a_jpeg_or_png_needs_to_be_asked_for(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.tif"):
        with pytest.raises(DomainError, match="the frame is in linear"):
            write(tmp_path / name, linear_frame())
    write(tmp_path / "a.jpg", linear_frame(), hdr="gain_map", base=sdr_frame())
    write(tmp_path / "a.png", linear_frame(), hdr="pq", white_cd_m2=100.0)


@pytest.mark.parametrize("name", ["a.avif", "a.jxl", "a.jpg"])
def test_masks_are_written_beside_every_picture(name: str, tmp_path: Path) -> None:
    if name == "a.avif":
        pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
    write(tmp_path / name, HDR, masks=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "a.masks.png"])


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("a.png", {"hdr": "hdr10"}, 'hdr is pq, hlg, gain_map, not "hdr10"'),
        ("a.png", {"hdr": "gain_map"}, "gain_map is written as .jpg"),
        ("a.jpg", {"hdr": "pq"}, "pq is written as .png, .avif"),
        ("a.exr", {"hdr": "pq"}, "pq is written as .png, .avif"),
        ("a.tif", {"hdr": "hlg"}, "hlg is written as .png, .avif"),
        ("a.avif", {"bit_depth": 8}, "bit depth is 10 or 12, got 8"),
        ("a.jxl", {"bit_depth": 10}, "bit depth is 16 or 32, got 10"),
        ("a.jxl", {"bit_depth": 32, "hdr": "pq"}, "32 bits are of linear light"),
        ("a.hdr", {"space": "p3"}, 'its space is bt709, not "p3"'),
        ("a.png", {"space": "acescg"}, 'its space is bt709 or p3 or bt2020, not "acescg"'),
        ("a.jpg", {"white_cd_m2": 100.0}, "says no luminance of white"),
        ("a.avif", {"quality": 0}, "quality is 1 to 100, got 0"),
        ("a.png", {"quality": 90}, "it loses nothing, so it takes no quality"),
        ("a.png", {"full_range": True}, "only .nv12 and .yuv have a range"),
        ("a.yuv", {"bit_depth": 12}, "bit depth is 8 or 10, got 12"),
        ("a.yuv", {"space": "p3"}, 'its space is bt709 or bt2020, not "p3"'),
        ("a.nv12", {"space": "p3"}, 'its space is bt709 or bt2020, not "p3"'),
        ("a.dng", {"space": "acescg"}, "a DNG has the camera's own space"),
        ("a.dng", {"space": "p3"}, "a DNG has the camera's own space"),
        ("a.yuv", {"masks": True}, "masks lie beside pictures"),
        ("a.avif", {"base": sdr_frame()}, "only an Ultra HDR JPEG has a base"),
        ("a.avif", {"white_cd_m2": 0.0}, "white is above 0"),
        ("a.avif", {"hdr": "hlg", "space": "p3"}, "HLG is defined for bt2020"),
    ],
)
def test_what_does_not_go_together_is_one_sentence_and_no_file(
    name: str, options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        write(tmp_path / name, HDR, **options)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.avif", "a.heic", "a.jxl", "a.jpg", "a.hdr", "a.png", "a.exr"])
def test_nan_is_refused_everywhere_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    data = HDR.data.clone()
    data[0, 0, 0, 0] = float("nan")

    with pytest.raises(FrameError, match="NaN"):
        write(tmp_path / name, replace(HDR, data=data))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "layout"), [("a.nv12", "nv12"), ("a.yuv", "yuv420p")])
def test_raw_yuv_is_written_with_its_sidecar(name: str, layout: str, tmp_path: Path) -> None:
    write(tmp_path / name, sdr_frame(), bit_depth=10, full_range=True)

    note = read_yuv(tmp_path / name).history[0][1]

    assert (note["layout"], note["bit_depth"], note["full_range"]) == (layout, 10, True)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'no writer for "\.bmp"; known: \.dng'):
        write(tmp_path / "a.bmp", sdr_frame())


@pytest.mark.parametrize("name", ["a.dng", "a.exr"])
def test_a_frame_that_does_not_fit_leaves_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(DomainError):
        write(tmp_path / name, sdr_frame())

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    write(tmp_path / "a.png", sdr_frame())

    with pytest.raises(OutputError, match="exists already"):
        write(tmp_path / "a.png", sdr_frame())
    write(tmp_path / "a.png", sdr_frame(), force=True)
