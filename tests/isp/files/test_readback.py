"""Other libraries' readings are brought to one scale, and what they cannot read is said."""

from pathlib import Path

import numpy as np
import pytest

from isp.files.display_codes import code_frame
from isp.files.readback import LIBRARIES, by_imagecodecs, by_pillow, library_version
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_png_s_codes_come_as_0_to_1_from_every_library(name: str, tmp_path: Path) -> None:
    write(tmp_path / "a.png", sdr_frame())

    seen = LIBRARIES[name](tmp_path / "a.png")

    wanted = code_frame("a", sdr_frame(), 8).code / 255
    assert np.abs(seen.pixels - wanted).max() < 1e-6
    assert seen.facts
    assert library_version(name)[0].isdigit()


@pytest.mark.parametrize("depth", [10, 12])
def test_an_avif_s_codes_are_of_as_many_bits_as_it_says(depth: int, tmp_path: Path) -> None:
    write(tmp_path / "a.avif", sdr_frame(), bit_depth=depth)

    seen = by_imagecodecs(tmp_path / "a.avif")

    wanted = code_frame("a", sdr_frame(), depth).code / (2**depth - 1)
    np.testing.assert_array_equal(seen.pixels, wanted)


def test_an_ultra_hdr_jpeg_comes_as_light_or_as_its_base(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg", linear_frame(16, 16), hdr="gain_map")

    assert by_imagecodecs(tmp_path / "a.jpg").pixels.max() > 2
    assert by_pillow(tmp_path / "a.jpg").pixels.max() <= 1


@pytest.mark.parametrize("name", LIBRARIES)
def test_what_is_not_opened_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"no picture")

    with pytest.raises(ValueError, match=r"\w+"):
        LIBRARIES[name](tmp_path / "a.heic")
