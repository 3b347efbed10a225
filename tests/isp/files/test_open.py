"""One door in: what a file is decides the domain of its frame."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError
from isp.files.dng import write_dng
from isp.files.dump import DumpFlags
from isp.files.exr import write_exr
from isp.files.open import is_picture, read
from isp.files.picture import write_picture
from isp.files.raw_tiff import write_raw_tiff
from tests.isp.files.samples import camera, linear_frame, raw_frame, sdr_frame
from tests.isp.files.test_radiance_decode import write as write_radiance


def test_each_format_opens_in_its_domain(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    write_exr(tmp_path / "a.exr", linear_frame())
    write_radiance(tmp_path / "a.hdr")
    for name in ("a.png", "a.tif", "a.jpg"):
        write_picture(tmp_path / name, sdr_frame())

    domains = {p.suffix: read(p).domain for p in tmp_path.iterdir() if p.suffix != ".json"}

    assert domains == {
        ".dng": Domain.RAW, ".exr": Domain.SCENE, ".hdr": Domain.SCENE,
        ".png": Domain.SDR, ".tif": Domain.SDR, ".jpg": Domain.SDR,
    }  # fmt: skip
    pictures = {p.suffix for p in tmp_path.iterdir() if is_picture(p)}
    assert pictures == {".png", ".tif", ".jpg"}


def test_a_tiff_with_our_sidecar_is_raw_and_a_profile_changes_what_is_known(
    tmp_path: Path,
) -> None:
    write_raw_tiff(tmp_path / "a.tif", raw_frame(camera(Cfa.RCCB)))
    assert not is_picture(tmp_path / "a.tif")
    named = camera(Cfa.RCCB).with_fields(name="another")

    plain, with_profile = read(tmp_path / "a.tif"), read(tmp_path / "a.tif", profile=named)

    assert plain.domain is with_profile.domain is Domain.RAW
    assert plain.need_profile().name == "test camera"
    assert with_profile.need_profile().name == "another"
    assert with_profile.need_profile().cfa == Cfa.RCCB


def test_a_png_with_flags_is_a_mosaic(tmp_path: Path) -> None:
    Image.fromarray(np.arange(48, dtype=np.uint16).reshape(6, 8)).save(tmp_path / "a.png")

    frame = read(tmp_path / "a.png", flags=DumpFlags(bits=10, cfa="RGGB", black_level=(0.0,)))

    assert frame.domain is Domain.RAW


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.dng", b"\x89PNG\r\n\x1a\n", r"its name says \.dng, but .* it is a PNG picture"),
        ("a.exr", b"#?RADIANCE\n", r"its name says \.exr, but .* it is a Radiance picture"),
        ("a.jpg", b"hello\n", r"its name says \.jpg, but .* it is a text file"),
        ("a.hdr", b"\x80\x81\x82", r"its name says \.hdr, but .* of no known format"),
    ],
)
def test_a_name_that_promises_something_else_is_refused(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(FileError, match=words):
        read(tmp_path / name)


def test_a_name_that_promises_nothing_is_read_by_its_content(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    (tmp_path / "a.dng").rename(tmp_path / "a.bin")

    assert read(tmp_path / "a.bin").domain is Domain.RAW
