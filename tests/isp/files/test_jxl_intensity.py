"""libjxl's own tools read the intensity target that we put in, and the pixels as before."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from isp.files.jxl_header import jxl_header
from isp.files.jxl_intensity import with_intensity_target
from isp.files.save import write
from tests.isp.files.samples import linear_frame
from tests.isp.files.second_readers import said_by

LIGHT = np.random.default_rng(3).random((9, 13, 3)).astype(np.float32)


@pytest.mark.parametrize("usecontainer", [False, True])
@pytest.mark.parametrize("cd_m2", [203.0, 100.0, 1.0, 10000.0])
def test_the_target_is_said_and_the_pixels_stay(
    cd_m2: float, usecontainer: bool, tmp_path: Path
) -> None:
    stored = imagecodecs.jpegxl_encode(LIGHT, lossless=True, usecontainer=usecontainer)

    changed = with_intensity_target(stored, cd_m2)

    assert jxl_header(changed).intensity_target_cd_m2 == cd_m2
    assert np.array_equal(imagecodecs.jpegxl_decode(changed), LIGHT)
    (tmp_path / "a.jxl").write_bytes(changed)
    assert f"intensity_target: {cd_m2:f} nits" in said_by("jxlinfo", "-v", tmp_path / "a.jxl")


def test_a_target_that_is_there_is_replaced() -> None:
    once = with_intensity_target(imagecodecs.jpegxl_encode(LIGHT, lossless=True), 203.0)

    twice = with_intensity_target(once, 400.0)

    assert jxl_header(twice).intensity_target_cd_m2 == 400.0
    assert len(twice) == len(once)
    assert np.array_equal(imagecodecs.jpegxl_decode(twice), LIGHT)


def test_every_length_of_header_stays_on_whole_bytes() -> None:
    """The header's bits are as many as its sizes take: all remainders of 8 occur."""
    for height in (1, 8, 200, 600):
        for pixels in (np.ones((height, 3), np.uint8), np.ones((height, 5, 3), np.uint16)):
            stored = imagecodecs.jpegxl_encode(pixels, lossless=True)
            back = imagecodecs.jpegxl_decode(with_intensity_target(stored, 203.0))
            assert np.array_equal(back, pixels)


def test_jxlinfo_sees_the_white_of_light_that_we_write(tmp_path: Path) -> None:
    write(tmp_path / "a.jxl", linear_frame(), white_cd_m2=120.0)

    assert "intensity_target: 120.000000 nits" in said_by("jxlinfo", "-v", tmp_path / "a.jxl")


def test_what_takes_no_target_is_refused() -> None:
    lossy = imagecodecs.jpegxl_encode(LIGHT, lossless=False, distance=1.0)

    with pytest.raises(ValueError, match="only a lossless picture"):
        with_intensity_target(lossy, 203.0)
    with pytest.raises(ValueError, match="above 0 and at most 65504"):
        with_intensity_target(imagecodecs.jpegxl_encode(LIGHT, lossless=True), 7e4)
    with pytest.raises(ValueError, match="no codestream"):
        with_intensity_target(b"\x00\x00\x00\x08free", 203.0)
