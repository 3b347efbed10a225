"""Light is stored as codes that hold it: what is above white is said or refused, never cut."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rawpy
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.files.dng_storage import stored
from isp.files.raw import read_raw
from isp.stages.black_level import BlackLevel
from tests.isp.files.samples import camera, raw_frame

PLACE = Path("a.dng")


def mosaic_frame(bit_depth: int = 12, cfa: Cfa = Cfa.GRBG) -> Frame:
    sites = cfa.period[0] * cfa.period[1]
    frame = raw_frame(camera(cfa, bit_depth, tuple(60.0 + s for s in range(sites))))
    return BlackLevel(cfa).develop(frame)


def colour_frame() -> Frame:
    """Light of -0.1 to 1.7 after a balance of 2, 1, 1.5."""
    generator = torch.Generator().manual_seed(4)
    light = 1.8 * torch.rand(1, 3, 40, 61, generator=generator) - 0.1
    shot = raw_frame(camera()).shot
    return Frame.start(light, Domain.CAMERA, shot=shot, profile=camera())


@pytest.mark.parametrize("bit_depth", [10, 12, 14, 16])
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.XTRANS, Cfa.MONO], ids=lambda c: c.name)
def test_an_untouched_mosaic_is_its_dn_times_a_whole_number(cfa: Cfa, bit_depth: int) -> None:
    content = stored(PLACE, mosaic_frame(bit_depth, cfa), "uint16", None)
    raw = raw_frame(camera(cfa, bit_depth)).data[0, 0].numpy()

    factor = 65535 // (2**bit_depth - 1)
    assert np.array_equal(content.codes, factor * raw)
    assert content.white == factor * (2**bit_depth - 1)
    assert content.black[0] == factor * 60


def test_negative_light_finds_room_above_code_0() -> None:
    frame = mosaic_frame()
    dark = replace(frame, data=frame.data - 0.05)

    content = stored(PLACE, dark, "uint16", None)

    cell = torch.tensor([content.black], dtype=torch.float64)
    black = Cfa.GRBG.spread_sites(cell, *frame.size)[0, 0].numpy()
    back = (content.codes - black) / (content.white - black)
    # Half a code of at least 65535 / 2 a white.
    assert abs(back - dark.data[0, 0].numpy()).max() <= 0.5 / (65535 / 2)
    assert content.codes.min() >= 0


@pytest.mark.parametrize("sample", ["uint16", "float16", "float32"])
def test_light_above_white_needs_a_white_that_is_said(sample: str) -> None:
    frame = mosaic_frame()
    bright = replace(frame, data=frame.data * 3)

    with pytest.raises(FrameError, match=r"values are above 1, up to 3 .*say white="):
        stored(PLACE, bright, sample, None)
    with pytest.raises(FrameError, match=r"values are above 2\.5"):
        stored(PLACE, bright, sample, 2.5)
    assert stored(PLACE, bright, sample, 3.0).exposure_ev == pytest.approx(np.log2(3))


def test_a_merged_mosaic_comes_back_at_the_share_of_its_white(tmp_path: Path) -> None:
    frame = mosaic_frame(14)
    merged = replace(frame, data=frame.data * 7.3)
    for sample, step in (("uint16", 0.5 / 65000), ("float16", 2**-11), ("float32", 2**-23)):
        write_dng(tmp_path / "a.dng", merged, white=8.0, sample=sample, force=True)

        back = read_raw(tmp_path / "a.dng")

        light = BlackLevel(back.need_profile().cfa).develop(back).data * 8
        assert abs(light - merged.data).max() <= 8 * step * 1.01
        assert not bool(back.clipped.any())  # the brightest is at 7.3 of 8


@pytest.mark.parametrize("compression", ["none", "lossless_jpeg", "jpeg_xl"])
def test_colours_come_back_as_camera_light_with_their_balance(
    compression: str, tmp_path: Path
) -> None:
    frame = colour_frame()
    write_dng(tmp_path / "a.dng", frame, compression=compression, white=1.7)

    back = read_raw(tmp_path / "a.dng")

    assert back.domain is Domain.CAMERA
    assert back.shot.white_balance is not None
    assert back.shot.white_balance[0].tolist() == pytest.approx([2.0, 1.0, 1.5])
    # Half a code at 16 bits less the black that the negatives need, times the balance.
    black = stored(PLACE, frame, "uint16", 1.7).black[0]
    tolerance = 0.5 / (65535 - black) * 1.7 * 2 + 1e-6
    assert abs(back.data * 1.7 - frame.data).max() <= tolerance
    if compression != "jpeg_xl":
        with rawpy.imread(str(tmp_path / "a.dng")) as raw:
            codes = raw.raw_image[..., :3].copy()
        assert np.array_equal(codes, stored(PLACE, frame, "uint16", 1.7).codes)


def test_floating_point_colours_keep_their_digits(tmp_path: Path) -> None:
    frame = colour_frame()
    write_dng(tmp_path / "a.dng", frame, sample="float32", white=2.0)

    back = read_raw(tmp_path / "a.dng")

    assert abs(back.data * 2 - frame.data).max() <= 4e-7 * 1.7
    assert not bool(back.clipped.any())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sample": "int8"}, "samples of a DNG are uint16, float16, float32"),
        ({"white": 0.0}, "white is a positive linear value"),
        ({"white": float("nan")}, "white is a positive linear value"),
        ({"compression": "zip"}, "compressed by none, lossless_jpeg, jpeg_xl"),
        ({"compression": "jpeg_xl", "sample": "float32"}, "without compression"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(options: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        write_dng(tmp_path / "a.dng", mosaic_frame(), **options)
    assert list(tmp_path.iterdir()) == []


def test_dn_take_no_scale_and_light_no_infinity(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="RAW is written as the DN it has"):
        write_dng(tmp_path / "a.dng", raw_frame(camera()), white=2.0)
    frame = mosaic_frame()
    data = frame.data.clone()
    data[0, 0, 1, 1] = float("inf")
    with pytest.raises(FrameError, match="not finite everywhere"):
        write_dng(tmp_path / "a.dng", replace(frame, data=data))


def test_colours_that_nobody_balanced_are_stored_as_they_are() -> None:
    """The shot knows 2, 1, 1.5; half a white stays half a white in every colour."""
    shot = raw_frame(camera()).shot
    half = Frame.start(
        torch.full((1, 3, 30, 30), 0.5), Domain.CAMERA, shot=shot, profile=camera(), balanced=False
    )

    codes = stored(PLACE, half, "uint16", None).codes

    assert np.unique(codes).tolist() == [32768]  # 65535 / 2, half to even
    assert len(np.unique(stored(PLACE, replace(half, balanced=True), "uint16", None).codes)) == 3
