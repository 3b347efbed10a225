"""OpenEXR pictures of every channel layout become RGB by OpenEXR's own rules."""

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.exr_decode import decode_exr, luminance_chroma_to_rgb
from isp.files.limits import Limits

BT709_Y = np.array([0.212639, 0.715169, 0.072192])
NOISE = np.random.Generator(np.random.PCG64(3)).random((64, 64)).astype(np.float32)


def write(path: Path, channels: dict[str, np.ndarray], **header: object) -> str:
    with OpenEXR.File({"type": OpenEXR.scanlineimage, **header}, channels) as file:
        file.write(str(path))
    return str(path)


def test_channels_come_out_in_the_order_r_g_b(tmp_path: Path) -> None:
    planes = {c: np.full((4, 5), v, np.float32) for c, v in zip("RGB", (1, 2, 3), strict=True)}

    decoded = decode_exr(write(tmp_path / "a.exr", planes), Limits())

    assert decoded.arrays["rgb"][2, 3].tolist() == [1.0, 2.0, 3.0]


def test_luminance_alone_is_grey(tmp_path: Path) -> None:
    plane = np.arange(20, dtype=np.float32).reshape(4, 5)

    decoded = decode_exr(write(tmp_path / "a.exr", {"Y": plane}), Limits())

    assert decoded.facts["is_grey"]
    assert np.array_equal(decoded.arrays["rgb"], np.repeat(plane[..., None], 3, axis=-1))


def test_flat_chroma_gives_back_its_colour_to_the_border() -> None:
    colour = np.array([0.8, 0.3, 0.1])
    y = float(BT709_Y @ colour)
    plane, half = np.full((7, 9), y), np.ones((4, 5))

    rgb = luminance_chroma_to_rgb(
        plane, half * (colour[0] - y) / y, half * (colour[2] - y) / y, BT709_Y
    )

    # The filter's weights, as OpenEXR prints them, sum to 1.000002 along each axis.
    assert rgb.reshape(-1, 3) == pytest.approx(np.tile(colour, (63, 1)), abs=1e-5)


def test_chroma_samples_stay_where_they_are() -> None:
    chroma = np.random.Generator(np.random.PCG64(1)).random((4, 5))

    rgb = luminance_chroma_to_rgb(np.ones((8, 10)), chroma, chroma, BT709_Y)

    assert rgb[::2, ::2, 0] == pytest.approx(chroma + 1, rel=1e-6)


def test_the_real_luma_chroma_file_agrees_with_its_rgb_sibling(shared_data: Path) -> None:
    cases = shared_data / "hdr/exr_cases"
    subsampled = decode_exr(str(cases / "rec709_luma_chroma.exr"), Limits()).arrays["rgb"]
    rgb = decode_exr(str(cases / "rec709_rgb_crop.exr"), Limits()).arrays["rgb"]
    same = subsampled[120:270, 200:400]

    # Luminance was stored at full size: it agrees to the half's rounding; chroma was halved in
    # size, so it agrees on average.
    assert np.abs((same - rgb) @ BT709_Y).max() < 2**-6
    assert (same.mean(axis=(0, 1)) / rgb.mean(axis=(0, 1))) == pytest.approx([1, 1, 1], abs=0.02)


def test_nan_and_infinities_are_counted(tmp_path: Path) -> None:
    plane = np.zeros((4, 5), np.float32)
    red = plane.copy()
    red[0, 0], red[1, 1], red[2, 2] = np.nan, np.inf, -np.inf

    facts = decode_exr(
        write(tmp_path / "a.exr", {"R": red, "G": plane, "B": plane}), Limits()
    ).facts

    assert (facts["nan_values"], facts["infinite_values"]) == (1, 2)


def test_the_first_part_that_is_a_picture_is_read(tmp_path: Path) -> None:
    depth = OpenEXR.Part({"name": "depth"}, {"Z": np.zeros((4, 5), np.float32)})
    planes = {c: np.ones((4, 5), np.float32) for c in "RGB"}
    with OpenEXR.File([depth, OpenEXR.Part({"name": "colour"}, planes)]) as file:
        file.write(str(tmp_path / "a.exr"))

    facts = decode_exr(str(tmp_path / "a.exr"), Limits()).facts

    assert (facts["part"], facts["parts"], facts["width"], facts["height"]) == (1, 2, 5, 4)


def test_a_picture_over_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.exr", {"Y": np.zeros((4, 5), np.float32)})

    with pytest.raises(LimitError, match="5 x 4"):
        decode_exr(path, Limits(pixels=19))


def test_a_cut_file_is_refused_although_openexr_opens_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.exr", {"Y": NOISE})
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])

    with pytest.raises(FileError, match="damaged or cut short"):
        decode_exr(path, Limits())


def test_another_format_by_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_text("not a picture\n")

    with pytest.raises(FileError, match="it is a text file, not an OpenEXR picture"):
        decode_exr(str(tmp_path / "a.exr"), Limits())
