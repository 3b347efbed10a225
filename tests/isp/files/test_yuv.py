"""Raw Y'CbCr: printed codes, our own inverse, and ffmpeg reading it."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError, LimitError, OutputError, UsageError
from isp.core.frame import Frame
from isp.files.limits import Limits
from isp.files.yuv import LAYOUTS, YuvFormat, read_yuv, to_codes, write_yuv
from tests.isp.files.samples import linear_frame, sdr_frame
from tests.isp.files.second_readers import program

# ITU-R BT.2111 and BT.471: 8-bit limited-range codes of 100 % colours in BT.709.
BARS = {
    (1, 1, 1): (235, 128, 128),
    (1, 1, 0): (219, 16, 138),
    (0, 1, 1): (188, 154, 16),
    (0, 1, 0): (173, 42, 26),
    (1, 0, 1): (78, 214, 230),
    (1, 0, 0): (63, 102, 240),
    (0, 0, 1): (32, 240, 118),
    (0, 0, 0): (16, 128, 128),
}


def patches(space: str = "bt709", height: int = 16, width: int = 64) -> Frame:
    """Four flat colours side by side."""
    colours = np.array([[0.8, 0.2, 0.1], [0.1, 0.7, 0.3], [0.2, 0.3, 0.9], [0.5, 0.5, 0.5]])
    rows = np.repeat(colours, width // 4, axis=0)
    data = torch.from_numpy(np.broadcast_to(rows.T[:, None], (3, height, width)).copy())
    return Frame.start(
        data[None].float(), Domain.SDR, colour=Colour(primaries=PRIMARIES[space], transfer="srgb")
    )


def pixels(frame: Frame) -> NDArray[np.float64]:
    return frame.data[0].permute(1, 2, 0).double().numpy()


def half_a_code(made: YuvFormat) -> float:
    """Largest error of R', G' or B' when luma and chroma are off by half a code each."""
    red, blue = {"bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}[made.matrix]
    _, luma_range, _, chroma_range = made.levels
    green = 1 - red - blue
    of_green = (2 * red * (1 - red) + 2 * blue * (1 - blue)) / green
    return 0.5 / luma_range + max(2 * (1 - blue), 2 * (1 - red), of_green) * 0.5 / chroma_range


@pytest.mark.parametrize("colour", BARS)
def test_colour_bars_have_the_printed_codes(colour: tuple[int, int, int]) -> None:
    made = YuvFormat(width=1, height=1, layout="yuv444p")

    luma, chroma, clips = to_codes(np.array([[colour]], dtype=float), made)

    assert (luma.item(), *chroma.ravel().tolist()) == BARS[colour]
    assert clips == 0


def test_full_range_reaches_both_ends_and_10_bits_are_four_times_8() -> None:
    white = np.ones((1, 1, 3))

    full = YuvFormat(width=1, height=1, layout="yuv444p", full_range=True)
    assert [int(part.ravel()[0]) for part in to_codes(white, full)[:2]] == [255, 128]
    ten = YuvFormat(width=1, height=1, layout="yuv444p", bit_depth=10)
    assert [int(part.ravel()[0]) for part in to_codes(white, ten)[:2]] == [940, 512]


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("bit_depth", [8, 10])
@pytest.mark.parametrize("matrix", ["bt709", "bt2020"])
def test_every_pixel_comes_back_within_half_a_code_without_subsampling(
    matrix: str, bit_depth: int, full_range: bool, tmp_path: Path
) -> None:
    frame = sdr_frame()
    write_yuv(
        tmp_path / "a.yuv", frame, layout="yuv444p", matrix=matrix, bit_depth=bit_depth,
        full_range=full_range,
    )  # fmt: skip

    back = read_yuv(tmp_path / "a.yuv")

    made = YuvFormat(width=1, height=1, matrix=matrix, bit_depth=bit_depth, full_range=full_range)
    assert np.abs(pixels(back) - pixels(frame)).max() <= half_a_code(made) + 1e-6
    assert back.colour == Colour(transfer="srgb")


@pytest.mark.parametrize("layout", ["nv12", "yuv420p"])
@pytest.mark.parametrize("bit_depth", [8, 10])
@pytest.mark.parametrize("siting", ["left", "center", "top_left"])
def test_a_ramp_of_colour_comes_back_within_half_a_code_at_half_size(
    layout: str, bit_depth: int, siting: str, tmp_path: Path
) -> None:
    rows, columns = np.mgrid[0:20, 0:30]
    ramp = np.stack([0.1 + 0.02 * columns, 0.9 - 0.03 * rows, 0.3 + 0.01 * (rows + columns)])
    frame = Frame.start(torch.from_numpy(ramp)[None].float(), Domain.SDR)
    write_yuv(tmp_path / "a.yuv", frame, layout=layout, bit_depth=bit_depth, siting=siting)

    back = read_yuv(tmp_path / "a.yuv")

    off = np.abs(pixels(back) - pixels(frame))[3:-3, 3:-3]  # the edge is repeated, not continued
    assert off.max() <= half_a_code(YuvFormat(width=1, height=1, bit_depth=bit_depth)) + 1e-6


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [(1, 1), (3, 5)])
def test_odd_sizes_have_a_chroma_sample_for_the_rest(
    layout: str, size: tuple[int, int], tmp_path: Path
) -> None:
    frame = Frame.start(torch.full((1, 3, *size), 0.5), Domain.SDR)
    write_yuv(tmp_path / "a.yuv", frame, layout=layout)

    back = read_yuv(tmp_path / "a.yuv")

    assert back.size == size
    assert np.abs(pixels(back) - 0.5).max() <= 0.5 / 219 + 1e-6


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    ("layout", "bit_depth", "theirs"),
    [("nv12", 8, "nv12"), ("yuv420p", 8, "yuv420p"), ("nv12", 10, "p010le"),
     ("yuv420p", 10, "yuv420p10le"), ("yuv444p", 8, "yuv444p")],
)  # fmt: skip
@pytest.mark.parametrize("space", ["bt709", "bt2020"])
def test_ffmpeg_reads_the_colours(
    layout: str, bit_depth: int, theirs: str, space: str, full_range: bool, tmp_path: Path
) -> None:
    frame = patches(space)
    write_yuv(tmp_path / "a.yuv", frame, layout=layout, bit_depth=bit_depth, full_range=full_range)
    height, width = frame.size
    scale = (
        f"scale=in_color_matrix={space}:in_range={'pc' if full_range else 'tv'}:out_range=pc:"
        "flags=accurate_rnd+full_chroma_int+full_chroma_inp+bilinear"
    )

    done = subprocess.run(
        [program("ffmpeg"), "-v", "error", "-f", "rawvideo", "-pix_fmt", theirs, "-s:v",
         f"{width}x{height}", "-i", str(tmp_path / "a.yuv"), "-vf", scale, "-pix_fmt", "rgb48le",
         "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    )  # fmt: skip

    read = np.frombuffer(done.stdout, "<u2").reshape(height, width, 3) / 65535
    inside = [x for x in range(width) if 5 <= x % 16 < 11]  # away from where two colours meet
    off = np.abs(read - pixels(frame))[:, inside]
    made = YuvFormat(width=1, height=1, bit_depth=bit_depth, matrix=space, full_range=full_range)
    # ffmpeg computes in 15 bits with a matrix of 14: about an 8-bit code of its own.
    assert off.max() <= half_a_code(made) + 1 / 255


def test_the_sidecar_says_all_that_the_bytes_do_not(tmp_path: Path) -> None:
    write_yuv(tmp_path / "a.yuv", patches("bt2020"), bit_depth=10)

    assert json.loads((tmp_path / "a.yuv.json").read_text()) == {
        "width": 64, "height": 16, "layout": "nv12", "bit_depth": 10, "matrix": "bt2020",
        "full_range": False, "siting": "left", "space": "bt2020", "transfer": "srgb",
        "format_version": 1,
    }  # fmt: skip


def test_colours_beyond_the_display_are_kept_as_far_as_the_codes_reach(tmp_path: Path) -> None:
    """Limited range has room: Y' = 1.05 is code 246; 2.0 is cut, and counted."""
    grey = torch.tensor([1.05, 2.0]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)

    clips = write_yuv(tmp_path / "a.yuv", Frame.start(grey, Domain.SDR), layout="yuv444p")

    assert list((tmp_path / "a.yuv").read_bytes())[:2] == [246, 255]
    assert clips == 1


def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    with pytest.raises(DomainError, match="the frame is in linear"):
        write_yuv(path, linear_frame())
    with pytest.raises(UsageError, match="layout of a YUV picture is nv12"):
        write_yuv(path, sdr_frame(), layout="nv21")
    with pytest.raises(UsageError, match="a matrix for bt709 and bt2020, not for p3"):
        write_yuv(tmp_path / "a.yuv", patches("p3"))
    with pytest.raises(UsageError, match="siting of a YUV picture"):
        write_yuv(path, sdr_frame(), siting="right")
    with pytest.raises(FrameError, match="NaN"):
        write_yuv(path, Frame.start(torch.full((1, 3, 2, 2), float("nan")), Domain.SDR))
    (tmp_path / "a.yuv.json").write_text("mine")
    with pytest.raises(OutputError, match=r"a\.yuv\.json: it exists already"):
        write_yuv(path, sdr_frame())
    assert [p.name for p in tmp_path.iterdir()] == ["a.yuv.json"]


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    with pytest.raises(FileError, match="this sidecar is needed"):
        read_yuv(path)
    write_yuv(path, sdr_frame())
    with pytest.raises(LimitError):
        read_yuv(path, limits=Limits(pixels=10))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileError, match="asks for 312 bytes, but it has 311"):
        read_yuv(path)
    path.unlink()
    with pytest.raises(FileError, match="cannot be read"):
        read_yuv(path)
    for said in ("{", "[]", '{"width": 1}', '{"width": 1, "height": 1, "layout": "x"}'):
        (tmp_path / "a.yuv.json").write_text(said)
        with pytest.raises(FileError, match="describes no YUV picture"):
            read_yuv(path)
