"""What was written as AVIF, HEIC, JPEG XL or PNG is read back as the light or codes it was."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.display_light import relative_light
from isp.core.domain import Domain
from isp.core.errors import FileError
from isp.core.frame import Frame
from isp.core.transfer import ENCODERS
from isp.files.open import read
from isp.files.save import write
from isp.files.shown import read_shown, shown_light
from tests.isp.files.samples import linear_frame, sdr_frame

HDR = Frame.start(
    torch.logspace(-3, 0.6, 17).expand(1, 3, 12, 17).contiguous(),
    Domain.HDR,
    colour=Colour(primaries=PRIMARIES["bt2020"], anchor_cd_m2=203.0),
)


def signal(transfer: str) -> Colour:
    return Colour(primaries=PRIMARIES["bt2020"], transfer=transfer)


def needs_extra(name: str) -> None:
    if name.endswith((".avif", ".heic")):
        pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
        pytest.importorskip("pillow_heif", reason="the extra `codecs` is not installed")


@pytest.mark.parametrize("name", ["a.avif", "a.heic", "a.jxl", "a.png"])
@pytest.mark.parametrize("hdr", ["pq", "hlg"])
def test_hdr_light_comes_back_within_half_a_step_of_its_codes(
    hdr: str, name: str, tmp_path: Path
) -> None:
    needs_extra(name)
    write(tmp_path / name, HDR, hdr=hdr)

    back = read(tmp_path / name)

    assert back.domain is Domain.HDR
    assert back.colour is not None
    assert (back.colour.space, back.colour.transfer) == ("bt2020", "linear")
    assert back.colour.anchor_cd_m2 == 203.0
    steps = 2 ** (10 if name.endswith(("avif", "heic")) else 16) - 1
    codes = [
        steps * ENCODERS[hdr](relative_light(data.double(), hdr, 203.0))
        for data in (HDR.data, back.data)
    ]
    # Rounding takes half a step, and a float32 of the light 1e-5 of the code at most.
    assert float((codes[0] - codes[1]).abs().max()) <= 0.5 + 1e-5 * steps


def test_the_luminance_of_a_code_is_the_standard_s() -> None:
    """PQ 0.508078 is 100 cd/m2, 0.751827 is 1000 (ST 2084); HLG 0.75 is 203 (BT.2408)."""
    pq = torch.tensor([0.508078, 0.751827]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)
    hlg = torch.full((1, 3, 1, 1), 0.75)

    light = [
        shown_light(Frame.start(codes, Domain.SDR, colour=signal(transfer)))
        for codes, transfer in ((pq, "pq"), (hlg, "hlg"))
    ]

    assert (203 * light[0].data[0, 0, 0]).tolist() == pytest.approx([100, 1000], rel=1e-4)
    assert 203 * float(light[1].data[0, 0, 0, 0]) == pytest.approx(203, rel=2e-3)


@pytest.mark.parametrize("name", ["a.avif", "a.heic", "a.jxl"])
def test_sdr_codes_come_back_as_they_are(name: str, tmp_path: Path) -> None:
    needs_extra(name)
    write(tmp_path / name, sdr_frame())

    back = read(tmp_path / name)

    assert back.domain is Domain.SDR
    assert back.colour is not None
    assert (back.colour.space, back.colour.transfer) == ("bt709", "srgb")
    half = 0.5 / (2 ** (16 if name == "a.jxl" else 10) - 1)
    assert float((back.data - sdr_frame().data).abs().max()) <= half * 1.001


@pytest.mark.parametrize("bit_depth", [None, 32])
def test_linear_light_in_a_jpeg_xl_is_a_scene_with_its_anchor(
    bit_depth: int | None, tmp_path: Path
) -> None:
    write(tmp_path / "a.jxl", linear_frame(), space="bt709", bit_depth=bit_depth, white_cd_m2=100.0)

    back = read(tmp_path / "a.jxl")

    assert back.domain is Domain.SCENE
    assert back.colour is not None
    assert (back.colour.space, back.colour.anchor_cd_m2) == ("bt709", 100.0)
    wanted = linear_frame().data
    torch.testing.assert_close(
        back.data, wanted.half().float() if bit_depth is None else wanted, rtol=0, atol=0
    )


@pytest.mark.parametrize("name", ["a.avif", "a.jxl"])
def test_masks_beside_it_are_taken(name: str, tmp_path: Path) -> None:
    needs_extra(name)
    write(tmp_path / name, linear_frame(), masks=True)

    back = read(tmp_path / name)

    for mask in ("measured", "clipped", "generated"):
        assert torch.equal(getattr(back, mask), getattr(linear_frame(), mask))


def test_masks_of_another_size_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "b.png", sdr_frame(4, 4), masks=True)
    write(tmp_path / "a.jxl", linear_frame())
    (tmp_path / "b.masks.png").rename(tmp_path / "a.masks.png")

    with pytest.raises(FileError, match=r"a\.masks\.png: it is not of the size of a\.jxl"):
        read(tmp_path / "a.jxl")


def test_light_that_is_no_light_is_refused(tmp_path: Path) -> None:
    light = np.ones((5, 6, 3), np.float32)
    light[0, 0, 0] = np.inf
    (tmp_path / "a.jxl").write_bytes(imagecodecs.jpegxl_encode(light, lossless=True))

    with pytest.raises(FileError, match="0 values are NaN and 1 infinite"):
        read_shown(tmp_path / "a.jxl")


def test_hlg_in_other_primaries_is_refused(tmp_path: Path) -> None:
    codes = np.zeros((5, 6, 3), np.uint16)
    stored = imagecodecs.avif_encode(codes, bitspersample=10, primaries=1, transfer=18, matrix=0)
    (tmp_path / "a.avif").write_bytes(stored)

    with pytest.raises(FileError, match="it is HLG in bt709"):
        read(tmp_path / "a.avif")


def test_a_colour_that_has_no_name_is_refused(tmp_path: Path) -> None:
    codes = np.zeros((5, 6, 3), np.uint16)
    stored = imagecodecs.avif_encode(codes, bitspersample=10, primaries=4, transfer=13, matrix=0)
    (tmp_path / "a.avif").write_bytes(stored)

    with pytest.raises(FileError, match="primaries 4, transfer 13; known are primaries"):
        read(tmp_path / "a.avif")
