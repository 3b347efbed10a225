"""Light written to OpenEXR comes back with its colours and masks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError, OutputError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.exr import read_exr, write_exr
from tests.isp.files.samples import linear_frame, sdr_frame


def test_light_comes_back_to_the_halfs_precision_and_masks_exactly(tmp_path: Path) -> None:
    frame = linear_frame()
    assert write_exr(tmp_path / "a.exr", frame) == 0

    back = read_exr(tmp_path / "a.exr")

    assert back.domain is Domain.SCENE
    torch.testing.assert_close(back.data, frame.data, rtol=2**-11, atol=0)
    for name in ("measured", "clipped", "generated"):
        assert torch.equal(getattr(back, name), getattr(frame, name))
    assert back.colour is not None
    assert back.colour.space == "bt709"


def test_float32_keeps_light_that_no_half_holds_to_the_bit(tmp_path: Path) -> None:
    data = torch.tensor([1e7 / 3, -1e-9, 0.1]).reshape(1, 3, 1, 1).expand(1, 3, 4, 4)
    frame = Frame.start(data, Domain.LINEAR, colour=Colour())

    assert write_exr(tmp_path / "a.exr", frame, half=False) == 0

    assert torch.equal(read_exr(tmp_path / "a.exr").data, data)
    for beyond in (float("nan"), float("inf")):
        broken = replace(frame, data=torch.full((1, 3, 4, 4), beyond))
        with pytest.raises(FrameError, match="48 values are NaN or beyond float32"):
            write_exr(tmp_path / "b.exr", broken, half=False)


def test_primaries_are_converted_and_stated(tmp_path: Path) -> None:
    white = Frame.start(torch.ones(1, 3, 4, 4), Domain.LINEAR, colour=Colour())
    red = replace(white, data=torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1).expand(1, 3, 4, 4))
    write_exr(tmp_path / "white.exr", white, space="bt2020")
    write_exr(tmp_path / "red.exr", red, space="bt2020")

    back = read_exr(tmp_path / "red.exr")

    # BT.2087-0: linear BT.709 red is 0.6274, 0.0691, 0.0164 in BT.2020.
    assert back.colour is not None
    assert back.colour.primaries == pytest.approx(PRIMARIES["bt2020"])
    assert back.data[0, :, 0, 0].tolist() == pytest.approx([0.6274, 0.0691, 0.0164], abs=2e-4)
    assert read_exr(tmp_path / "white.exr").data.unique().tolist() == [1.0]


def test_views_of_other_memory_layouts_are_written_right(tmp_path: Path) -> None:
    # OpenEXR's writer stores wrong pixels, silently, for arrays that are not contiguous.
    data = torch.arange(60.0).reshape(1, 5, 4, 3).permute(0, 3, 1, 2).flip(-1)
    write_exr(tmp_path / "a.exr", Frame.start(data, Domain.LINEAR, colour=Colour()))

    assert torch.equal(read_exr(tmp_path / "a.exr").data, data)


def test_the_anchor_is_kept(tmp_path: Path) -> None:
    frame = replace(linear_frame(), domain=Domain.SCENE, colour=Colour(anchor_cd_m2=100.0))
    write_exr(tmp_path / "a.exr", frame)

    back = read_exr(tmp_path / "a.exr")

    assert back.colour is not None
    assert back.colour.anchor_cd_m2 == 100.0


def test_a_picture_lying_on_its_side_is_written_upright(tmp_path: Path) -> None:
    frame = replace(linear_frame(), shot=Shot.single(orientation=6))
    write_exr(tmp_path / "a.exr", frame)

    back = read_exr(tmp_path / "a.exr")

    expected = torch.rot90(frame.data, -1, dims=(-2, -1))
    torch.testing.assert_close(back.data, expected, rtol=2**-11, atol=0)
    assert torch.equal(back.clipped, torch.rot90(frame.clipped, -1, dims=(-2, -1)))


def test_nan_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    frame = linear_frame()
    data = frame.data.clone()
    data[0, 1, 2, 3] = float("nan")

    with pytest.raises(FrameError, match=r"a\.exr: 1 values are NaN"):
        write_exr(tmp_path / "a.exr", replace(frame, data=data))

    assert list(tmp_path.iterdir()) == []


def test_what_a_half_cannot_hold_is_clipped_only_when_allowed(tmp_path: Path) -> None:
    frame = linear_frame()
    data = frame.data.clone()
    data[0, 0, 0, 0], data[0, 0, 0, 1] = 70_000.0, float("inf")

    with pytest.raises(FrameError, match="2 values are beyond 65504"):
        write_exr(tmp_path / "a.exr", replace(frame, data=data))
    assert write_exr(tmp_path / "a.exr", replace(frame, data=data), allow_clip=True) == 2
    assert read_exr(tmp_path / "a.exr").data.max() == 65504


def test_only_one_picture_of_linear_light_is_written(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="the frame is in sdr"):
        write_exr(tmp_path / "a.exr", sdr_frame())
    frame = linear_frame()
    batch = Frame.start(frame.data.repeat(2, 1, 1, 1), Domain.LINEAR, colour=Colour())
    with pytest.raises(FrameError, match="a batch of 2"):
        write_exr(tmp_path / "a.exr", batch)
    with pytest.raises(UsageError, match='no space is named "adobe"'):
        write_exr(tmp_path / "a.exr", frame, space="adobe")


def test_a_scene_with_nan_is_refused_with_their_number(tmp_path: Path) -> None:
    planes = {c: np.ones((4, 5), np.float32) for c in "RGB"}
    planes["G"][1, 2] = np.nan
    with OpenEXR.File({"type": OpenEXR.scanlineimage}, planes) as file:
        file.write(str(tmp_path / "a.exr"))

    with pytest.raises(FileError, match=r"a\.exr: 1 values are NaN and 0 infinite"):
        read_exr(tmp_path / "a.exr")


@pytest.mark.parametrize(
    "chromaticities",
    [
        (0.0,) * 8,
        (0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.31, 0.33),
        (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3, -0.2),
    ],
    ids=["zero", "on a line", "white below 0"],
)
def test_colours_that_make_no_sense_are_refused_with_the_files_name(
    tmp_path: Path, chromaticities: tuple[float, ...]
) -> None:
    header = {"chromaticities": chromaticities}
    OpenEXR.File(header, {"RGB": np.ones((4, 4, 3), np.float32)}).write(str(tmp_path / "a.exr"))

    with pytest.raises(FileError, match=r"a\.exr: its colours make no sense"):
        read_exr(tmp_path / "a.exr")


def test_a_full_disk_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, name: str) -> None:
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(OpenEXR.File, "write", full)
    light = Frame.start(torch.ones(1, 3, 4, 4), Domain.SCENE)

    with pytest.raises(OutputError, match=r"a\.exr.*No space left on device"):
        write_exr(tmp_path / "a.exr", light)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("domain", "own", "given", "white", "said"),
    [
        (Domain.HDR, None, None, 203.0, "203 cd/m2"),
        (Domain.HDR, 80.0, None, 80.0, "80 cd/m2"),
        (Domain.LINEAR, None, 100.0, 100.0, "100 cd/m2"),
        (Domain.LINEAR, 90.0, None, 90.0, "90 cd/m2"),
        (Domain.LINEAR, None, None, None, "the sensor's white level in green"),
        (Domain.SCENE, None, None, None, "unknown"),
        (Domain.SCENE, 1.0, None, 1.0, "1 cd/m2"),
    ],
)
def test_openimageio_reads_what_1_means_and_in_which_primaries(
    domain: Domain, own: float | None, given: float | None, white: float | None, said: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    import OpenImageIO as oiio

    light = Frame.start(torch.ones(1, 3, 2, 2), domain, colour=Colour(anchor_cd_m2=own))
    write_exr(tmp_path / "a.exr", light, space="acescg", white_cd_m2=given)

    source = oiio.ImageInput.open(str(tmp_path / "a.exr"))
    spec = source.spec()
    assert spec.getattribute("chromaticities") == pytest.approx(PRIMARIES["acescg"])
    assert spec.getattribute("whiteLuminance") == white
    assert spec.getattribute("fullwell:one_is").startswith(said)
    source.close()
    anchor = read_exr(tmp_path / "a.exr").colour
    assert anchor is not None
    assert anchor.anchor_cd_m2 == white


def test_standard_deviations_lie_beside_the_light(tmp_path: Path) -> None:
    frame = linear_frame()
    sigma = torch.rand(frame.data.shape, generator=torch.Generator().manual_seed(2))

    write_exr(tmp_path / "a.exr", frame, sigma=sigma)

    with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
        channels = {n: c.pixels for n, c in file.parts[0].channels.items()}
    for i, name in enumerate("RGB"):
        assert channels[f"sigma.{name}"].dtype == np.float16
        np.testing.assert_array_equal(channels[f"sigma.{name}"], sigma[0, i].half().numpy())
    torch.testing.assert_close(read_exr(tmp_path / "a.exr").data, frame.data, rtol=2**-11, atol=0)


def test_standard_deviations_are_turned_as_those_of_independent_channels(tmp_path: Path) -> None:
    white = Frame.start(torch.ones(1, 3, 4, 4), Domain.LINEAR, colour=Colour())
    sigma = torch.tensor([0.3, 0.0, 0.0]).reshape(1, 3, 1, 1).expand(1, 3, 4, 4)

    write_exr(tmp_path / "a.exr", white, space="bt2020", sigma=sigma, half=False)

    with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
        red = [float(file.parts[0].channels[f"sigma.{n}"].pixels[0, 0]) for n in "RGB"]
    # BT.2087-0: of BT.709 red, 0.6274, 0.0691, 0.0164 goes to BT.2020's red, green, blue.
    assert red == pytest.approx([0.3 * 0.6274, 0.3 * 0.0691, 0.3 * 0.0164], abs=1e-4)


@pytest.mark.parametrize(
    ("sigma", "reason"),
    [
        (torch.ones(1, 3, 2, 2), "sigma has the shape"),
        (torch.full((1, 3, 4, 4), float("inf")), "no standard deviations"),
        (torch.full((1, 3, 4, 4), -1.0), "no standard deviations"),
        (torch.full((1, 3, 4, 4), 7e4), "sigma is beyond 65504"),
    ],
)
def test_what_is_no_standard_deviation_is_refused(
    tmp_path: Path, sigma: torch.Tensor, reason: str
) -> None:
    white = Frame.start(torch.ones(1, 3, 4, 4), Domain.LINEAR, colour=Colour())

    with pytest.raises(FrameError, match=reason):
        write_exr(tmp_path / "a.exr", white, sigma=sigma)
    assert not list(tmp_path.iterdir())
