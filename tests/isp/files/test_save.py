"""One door out: the name asks for the format."""

from pathlib import Path

import pytest

from isp.core.domain import Domain
from isp.core.errors import DomainError, OutputError, UsageError
from isp.core.frame import Frame
from isp.files.magic import kind_of_bytes
from isp.files.open import read
from isp.files.save import write
from tests.isp.files.samples import camera, linear_frame, raw_frame, sdr_frame

RAW = raw_frame(camera())


@pytest.mark.parametrize(
    ("name", "frame", "family"),
    [
        ("a.dng", RAW, "tiff"),
        ("a.EXR", linear_frame(), "exr"),
        ("a.png", sdr_frame(), "png"),
        ("a.tiff", sdr_frame(), "tiff"),
        ("a.tif", RAW, "tiff"),
        ("a.JPG", sdr_frame(), "jpeg"),
    ],
)
def test_the_content_is_what_the_name_says(
    name: str, frame: Frame, family: str, tmp_path: Path
) -> None:
    write(tmp_path / name, frame)

    assert kind_of_bytes((tmp_path / name).read_bytes()[:512]).family == family


@pytest.mark.parametrize("name", ["a.raw", "a.tif"])
def test_a_mosaic_is_read_back_through_its_sidecar(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, RAW)

    back = read(tmp_path / name)

    assert back.domain is Domain.RAW
    assert back.data.equal(RAW.data)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'no writer for "\.bmp"; known: \.dng'):
        write(tmp_path / "a.bmp", sdr_frame())


@pytest.mark.parametrize("name", ["a.dng", "a.exr"])
def test_a_frame_that_does_not_fit_leaves_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(DomainError):
        write(tmp_path / name, sdr_frame())

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    write(tmp_path / "a.png", sdr_frame())

    with pytest.raises(OutputError, match="exists already"):
        write(tmp_path / "a.png", sdr_frame())
    write(tmp_path / "a.png", sdr_frame(), force=True)
