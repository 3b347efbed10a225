"""Finished pictures are written as they are signalled, and read back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError, OutputError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.picture import masks_path, read_picture, write_picture
from isp.stages.encode import Encode
from tests.isp.files.samples import linear_frame, sdr_frame


@pytest.mark.parametrize(
    ("name", "depth"), [("a.png", 8), ("a.png", 16), ("a.tif", 16), ("a.tif", 8)]
)
def test_codes_come_back_to_half_a_step(name: str, depth: int, tmp_path: Path) -> None:
    frame = sdr_frame()
    write_picture(tmp_path / name, frame, bit_depth=depth)

    back = read_picture(tmp_path / name)

    assert back.domain is Domain.SDR
    assert (back.data - frame.data).abs().max() <= 0.5001 / (2**depth - 1)


def test_codes_are_rounded_half_to_even(tmp_path: Path) -> None:
    halves = torch.tensor([0.5, 1.5, 2.5, 3.5]).double() / 255
    frame = sdr_frame(2, 2)
    data = halves.reshape(1, 1, 2, 2).expand(1, 3, 2, 2)

    write_picture(tmp_path / "a.png", replace(frame, data=data.float()))

    with Image.open(tmp_path / "a.png") as picture:
        codes = np.asarray(picture)[..., 0].ravel()
    expected = [round(float(v) * 255) for v in data.float()[0, 0].ravel().double()]
    assert codes.tolist() == expected


def test_a_jpeg_is_close_and_keeps_its_colours_at_full_size(tmp_path: Path) -> None:
    frame = sdr_frame(16, 16)
    smooth = torch.linspace(0.1, 0.9, 16).expand(1, 3, 16, 16).clone()
    smooth[:, 0] = smooth[:, 0].flip(-1)
    write_picture(tmp_path / "a.jpg", replace(frame, data=smooth), quality=98)

    back = read_picture(tmp_path / "a.jpg")

    assert (back.data - smooth).abs().max() < 4 / 255


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_every_picture_says_that_it_is_srgb_and_when_is_nobodys_business(
    name: str, tmp_path: Path
) -> None:
    write_picture(tmp_path / name, sdr_frame())
    first = (tmp_path / name).read_bytes()
    write_picture(tmp_path / name, sdr_frame(), force=True)

    assert (tmp_path / name).read_bytes() == first
    if name == "a.png":
        assert b"cICP\x01\x0d\x00\x01" in first
    else:
        assert "sRGB" in _icc(tmp_path / name)
    assert "icc_profile" not in read_picture(tmp_path / name).history[0][1]


def _icc(path: Path) -> str:
    from io import BytesIO

    from PIL import ImageCms

    with Image.open(path) as picture:
        profile = ImageCms.ImageCmsProfile(BytesIO(picture.info["icc_profile"]))
    return str(ImageCms.getProfileDescription(profile))


def test_wide_primaries_are_signalled_and_come_back_from_a_png(tmp_path: Path) -> None:
    wide = replace(sdr_frame(), colour=Colour(primaries=PRIMARIES["p3"], transfer="srgb"))
    write_picture(tmp_path / "a.png", wide)
    write_picture(tmp_path / "a.jpg", wide)

    back = read_picture(tmp_path / "a.png")

    assert back.colour is not None
    assert back.colour.space == "p3"
    assert "Display P3" in _icc(tmp_path / "a.jpg")
    back = read_picture(tmp_path / "a.jpg")
    assert "Display P3" in back.history[0][1]["icc_profile"]
    assert back.colour is not None
    assert (back.colour.space, back.colour.transfer) == ("p3", "srgb")


def test_primaries_without_a_name_are_refused(tmp_path: Path) -> None:
    own = (0.6, 0.3, 0.2, 0.7, 0.15, 0.1, 0.3127, 0.329)
    odd = replace(sdr_frame(), colour=Colour(primaries=own, transfer="srgb"))

    with pytest.raises(DomainError, match="no common name"):
        write_picture(tmp_path / "a.png", odd)


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_light_becomes_the_codes_of_a_display_in_a_png(transfer: str, tmp_path: Path) -> None:
    import OpenImageIO as oiio

    frame = linear_frame()
    write_picture(tmp_path / "a.png", frame, transfer=transfer, white_cd_m2=100.0)

    source = oiio.ImageInput.open(str(tmp_path / "a.png"))
    spec, stored = source.spec(), source.read_image(0, 3, oiio.UINT16)
    assert spec.getattribute("CICP") == (9, {"pq": 16, "hlg": 18}[transfer], 0, 1)
    encoded = Encode("bt2020", transfer, 100.0).develop(frame).data[0].permute(1, 2, 0)
    # The stage rounds in float32 before a power of 78.84: two parts in 2^24, see its test.
    assert np.abs(stored / 65535 - encoded.numpy()).max() <= 0.5 / 65535 + 1e-5


def test_pq_codes_come_back_as_what_they_are(tmp_path: Path) -> None:
    frame = Encode("bt2020", "pq").develop(linear_frame())
    write_picture(tmp_path / "a.png", frame)

    back = read_picture(tmp_path / "a.png")

    assert back.colour == frame.colour
    assert (back.data - frame.data).abs().max() <= 0.5001 / 65535


def test_pq_has_no_place_in_8_bits_nor_in_a_jpeg(tmp_path: Path) -> None:
    frame = Encode("bt2020", "pq").develop(linear_frame())

    with pytest.raises(UsageError, match="pq needs 16 bits"):
        write_picture(tmp_path / "a.png", frame, bit_depth=8)
    with pytest.raises(UsageError, match="pq needs 16 bits"):
        write_picture(tmp_path / "a.tif", frame)
    with pytest.raises(UsageError, match="bit depth is 8, got 16"):
        write_picture(tmp_path / "a.jpg", frame)
    assert list(tmp_path.iterdir()) == []


def test_values_outside_are_clipped_and_counted(tmp_path: Path) -> None:
    frame = sdr_frame()
    data = frame.data.clone()
    data[0, 0, 0, :3] = torch.tensor([-0.1, 1.2, 1.0])

    assert write_picture(tmp_path / "a.png", replace(frame, data=data)) == 2


def test_masks_come_back_bit_for_bit_when_asked(tmp_path: Path) -> None:
    frame = sdr_frame()
    write_picture(tmp_path / "a.jpg", frame, masks=True)

    back = read_picture(tmp_path / "a.jpg", masks=True)

    for name in ("measured", "clipped", "generated"):
        assert torch.equal(getattr(back, name), getattr(frame, name))
    assert masks_path(tmp_path / "a.jpg").name == "a.masks.png"


def test_end_codes_are_clipped_where_no_masks_are_asked_for(tmp_path: Path) -> None:
    code = np.full((4, 4, 3), 128, np.uint8)
    code[0, 0, 1], code[1, 1, 2] = 255, 0
    Image.fromarray(code).save(tmp_path / "a.png")

    frame = read_picture(tmp_path / "a.png")

    assert frame.clipped.nonzero().tolist() == [[0, 0, 0, 0], [0, 0, 1, 1]]


def test_a_portrait_shot_stands_upright(tmp_path: Path) -> None:
    frame = sdr_frame(orientation=8)
    write_picture(tmp_path / "a.png", frame, bit_depth=16, masks=True)

    back = read_picture(tmp_path / "a.png", masks=True)

    expected = torch.rot90(frame.data, 1, dims=(-2, -1))
    assert (back.data - expected).abs().max() < 1e-5
    assert torch.equal(back.clipped, torch.rot90(frame.clipped, 1, dims=(-2, -1)))
    assert back.shot.orientation == 1


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(tmp_path / "a.png")

    data = read_picture(tmp_path / "a.png").data

    assert torch.equal(data[:, 0], data[:, 2])
    assert data.shape == (1, 3, 4, 4)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_and_leaves_nothing(value: float, tmp_path: Path) -> None:
    frame = sdr_frame()
    data = frame.data.clone()
    data[0, 0, 0, 0] = value

    with pytest.raises(FrameError, match="1 values are NaN or infinite"):
        write_picture(tmp_path / "a.png", replace(frame, data=data), masks=True)

    assert list(tmp_path.iterdir()) == []


def test_wrong_asks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="the frame is in linear"):
        write_picture(tmp_path / "a.png", linear_frame())
    with pytest.raises(UsageError, match="bit depth is 8, got 16"):
        write_picture(tmp_path / "a.jpg", sdr_frame(), bit_depth=16)
    with pytest.raises(UsageError, match="quality is 1 to 100"):
        write_picture(tmp_path / "a.jpg", sdr_frame(), quality=0)
    with pytest.raises(OutputError, match="does not exist"):
        write_picture(tmp_path / "gone" / "a.png", sdr_frame())


def test_floating_point_has_no_codes(tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "a.tif")

    with pytest.raises(FileError, match="floating-point"):
        read_picture(tmp_path / "a.tif")


def test_orientation_of_a_jpeg_is_kept_for_later(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)

    frame = read_picture(tmp_path / "a.jpg")

    assert frame.shot.orientation == 6
    assert frame.size == (4, 6)
    assert Shot().orientation == 1


@pytest.mark.parametrize(
    ("space", "transfer"), [("p3", "srgb"), ("bt2020", "pq"), ("bt709", "srgb")]
)
def test_a_png_says_srgb_only_where_it_is(tmp_path: Path, space: str, transfer: str) -> None:
    frame = Frame.start(
        torch.full((1, 3, 4, 4), 0.5), Domain.SDR,
        colour=Colour(primaries=PRIMARIES[space], transfer=transfer),
    )  # fmt: skip

    write_picture(tmp_path / "a.png", frame, bit_depth=16)

    stored = (tmp_path / "a.png").read_bytes()
    assert b"cICP" in stored
    for chunk in (b"sRGB", b"gAMA", b"cHRM", b"iCCP"):
        assert (chunk in stored) <= ((space, transfer) == ("bt709", "srgb")), chunk


def test_masks_are_not_left_beside_a_picture_that_failed(tmp_path: Path) -> None:
    frame = Frame.start(torch.full((1, 3, 4, 4), float("nan")), Domain.SDR)

    with pytest.raises(FrameError):
        write_picture(tmp_path / "a.png", frame, masks=True)

    assert list(tmp_path.iterdir()) == []
