"""A picture is cut as its file asks, and a DNG of it holds the camera's colours and its tags."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import tifffile
import torch

from apps.batch import develop_file
from apps.delivering import camera_part, delivered
from apps.developing import develop
from apps.job import Job
from apps.lost_light import lost_to_white
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.files.dng import COMPRESSIONS
from isp.files.dng_opcodes import opcode_bytes
from isp.files.raw import read_raw
from tests.apps.conftest import Command
from tests.apps.samples import left_in, read_codes
from tests.isp.files.opcode_samples import area, gain_map, opcode, warp
from tests.isp.files.rich_dng import rich_dng


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """60 x 40 as stored, DefaultCrop 50 x 36 from (4, 2), lying on its side."""
    rich_dng(tmp_path / "rich.dng")
    return tmp_path / "rich.dng"


def test_a_picture_is_cut_to_the_files_default_crop_and_the_report_says_so(
    rich: Path, tmp_path: Path
) -> None:
    cut = develop_file(Job(), rich, tmp_path / "cut.png")
    whole = develop_file(Job(choices={"crop": False}), rich, tmp_path / "whole.png")

    # Turned a quarter clockwise: the stored row y becomes the column 39 - y.
    expected = read_codes(tmp_path / "whole.png")[4 : 4 + 50, 40 - 36 - 2 : 40 - 2]
    assert np.array_equal(read_codes(tmp_path / "cut.png"), expected)
    assert (cut["width"], cut["height"]) == (36, 50)
    assert (whole["width"], whole["height"]) == (40, 60)
    assert "cut to the file's default crop, 50 x 36 as stored" in cut["summary"]
    assert "crop" not in whole["summary"]


def test_the_library_cuts_where_it_is_asked_to(rich: Path) -> None:
    whole = develop(rich)

    assert whole.size == (40, 60)
    assert develop(rich, crop=True).size == (36, 50)
    assert torch.equal(delivered(whole).data, whole.data[..., 2:38, 4:54])


def test_a_picture_of_another_size_than_its_file_s_stays_as_it_is(rich: Path) -> None:
    small = delivered(develop(rich))

    assert delivered(small) is small


def test_a_crop_that_is_no_part_of_the_picture_names_the_way_out(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng", {50719: ("2I", 2, (40, 1, 2, 1))})

    report = develop_file(Job(), tmp_path / "a.dng", tmp_path / "a.png")

    assert report["exit_code"] == FrameError.exit_code
    assert "DefaultCrop: 50 x 36 from row 2, column 40 on is no part" in report["error"]
    assert "pass --whole" in report["error"]
    assert left_in(tmp_path) == ["a.dng"]


def test_going_on_from_a_dumped_frame_cuts_the_same_picture(rich: Path, tmp_path: Path) -> None:
    develop_file(Job(dump=tmp_path / "frames"), rich, tmp_path / "a.png")
    (place,) = (tmp_path / "frames").glob("*_demosaic.npy")

    develop_file(Job(resume=True), place, tmp_path / "b.png")

    assert np.array_equal(read_codes(tmp_path / "a.png"), read_codes(tmp_path / "b.png"))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_developed_dng_gives_the_same_picture_as_its_raw(
    compression: str, rich: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.dng"

    report = develop_file(Job(delivery={"compression": compression}), rich, out)
    develop_file(Job(), rich, tmp_path / "direct.png")
    develop_file(Job(), out, tmp_path / "again.png")

    assert report["exit_code"] == 0
    assert (report["width"], report["height"], report["domain"]) == (60, 40, "CAMERA")
    assert report["recipe"]["steps"][-1]["name"] == "demosaic"
    direct, again = (read_codes(tmp_path / f"{n}.png").astype(int) for n in ("direct", "again"))
    # Light that was lost is white in the DNG; all else is the same, with 16-bit codes between.
    camera = develop(rich, camera=True)
    same = (lost_to_white(camera)[0].data == camera.data).all(dim=1)[0, 2:38, 4:54]
    upright = np.rot90(same.numpy(), -1)
    assert 0.5 < upright.mean() < 1
    assert abs(direct - again)[upright].max() <= 1


@pytest.mark.parametrize("compression", ["none", "lossless_jpeg"])
def test_other_programs_read_the_colours_of_a_developed_dng(
    compression: str, rich: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.dng"
    develop_file(Job(delivery={"compression": compression}), rich, out)

    codes = tifffile.imread(out).astype(float)
    with rawpy.imread(str(out)) as raw:
        libraw = raw.raw_image[..., :3].copy()
        gains = np.array(raw.camera_whitebalance[:3])
    assert np.array_equal(libraw, codes)
    np.testing.assert_allclose(gains / gains[1], [2.0, 1.0, 1.5], rtol=1e-4)
    camera, _ = lost_to_white(develop(rich, camera=True))
    with tifffile.TiffFile(out) as tiff:
        tags: dict[int, Any] = {tag.code: tag.value for tag in tiff.pages[0].tags}
    black, white = tags[50714][0], tags[50717][0]
    stops = tags[50730][0] / tags[50730][1] + 0.3  # beside the file's own -0.3
    light = (codes - black) / (white - black) * 2**stops * [2.0, 1.0, 1.5]
    half_a_code = 2 * 2**stops / (white - black)
    assert abs(light - camera.data[0].permute(1, 2, 0).numpy()).max() <= half_a_code


def test_a_developed_dng_keeps_what_the_raw_said(rich: Path, tmp_path: Path) -> None:
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("exiftool is not installed")
    out = tmp_path / "out.dng"
    develop_file(Job(), rich, out)
    names = ["Make", "Model", "Artist", "LensModel", "ExposureTime", "ISO", "ColorMatrix1",
             "ForwardMatrix1", "DefaultCropOrigin", "DefaultCropSize", "Orientation",
             "DateTimeOriginal", "GPSLatitudeRef", "AnalogBalance"]  # fmt: skip
    command = [exiftool, "-s", *(f"-{name}" for name in names)]

    said = [
        dict(line.split(": ", 1) for line in text.splitlines())
        for text in (
            subprocess.run([*command, str(p)], capture_output=True, text=True, check=True).stdout
            for p in (rich, out)
        )
    ]

    assert len(said[0]) == len(names)
    assert said[0] == said[1]


def test_the_lists_that_a_raw_owes_are_run_or_kept(tmp_path: Path) -> None:
    """A gain of a half on the mosaic is in the pixels; the lens is left to the DNG's reader."""
    half = opcode_bytes([opcode(9, gain_map(area(), np.full((1, 1, 1), 0.5)))])
    lens = opcode_bytes([opcode(1, warp([(0.98, 0.01, 0, 0, 0, 0)]))])
    rich_dng(tmp_path / "a.dng", {51009: (7, len(half), half), 51022: (7, len(lens), lens)})

    report = develop_file(Job(), tmp_path / "a.dng", tmp_path / "b.dng")

    assert report["exit_code"] == 0
    names = [name for name, _ in report["history"]]
    assert "opcodes_mosaic" in names
    assert "opcodes_camera" not in names
    assert list(read_raw(tmp_path / "b.dng").shot.tags["opcode_lists"]) == ["3"]
    assert [n for n, _ in develop(tmp_path / "b.dng").history][1] == "opcodes_camera"


def test_what_only_a_picture_has_is_refused_of_a_dng(fullwell: Command, rich: Path) -> None:
    out = rich.with_name("out.dng")
    for options, words in (
        (["--linear"], "a DNG holds the camera's colours"),
        (["--tone", "filmic"], "leave --tone out"),
        (["--space", "p3"], "a DNG has the camera's own space"),
        (["--masks"], "no masks beside it"),
        (["--compression", "zip"], "a DNG is compressed by none, lossless_jpeg, jpeg_xl"),
        (["--bit-depth", "8"], "takes no bit depth"),
    ):
        answer = fullwell("develop", rich, "-o", out, *options)
        assert answer.code == 2, options
        assert words in answer.err
    answer = fullwell("develop", rich, "-o", out.with_suffix(".png"), "--compression", "none")
    assert "only a DNG has a compression" in answer.err
    assert left_in(rich.parent) == ["rich.dng"]


def test_the_command_writes_a_dng_and_has_a_switch_for_the_crop(
    fullwell: Command, rich: Path
) -> None:
    out = rich.with_name("out.dng")

    assert fullwell("develop", rich, "-o", out, "--compression", "lossless_jpeg").code == 0
    assert fullwell("develop", out, "-o", out.with_suffix(".png"), "--whole").code == 0

    assert read_raw(out).domain is Domain.CAMERA
    assert read_codes(out.with_suffix(".png")).shape[:2] == (60, 40)
    again = fullwell("develop", out, "-o", rich.with_name("twice.dng"))
    assert again.code == UsageError.exit_code
    assert "it is in CAMERA already" in again.err


def test_the_camera_s_part_of_a_recipe_ends_before_the_colour_matrix() -> None:
    steps = [s.name for s in camera_part(preset("srgb", Cfa.RGGB)).steps]

    assert steps == ["black_level", "defects", "white_balance", "highlights", "demosaic"]
    late = preset("srgb", Cfa.RGGB).without("black_level")
    for name in steps[1:]:
        late = late.without(name)
    with pytest.raises(UsageError, match="behind the camera's colours"):
        camera_part(late)
