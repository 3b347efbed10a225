"""A descriptor says which image is which exposure."""

from pathlib import Path

import pytest

from calibration.emva_descriptor import Descriptor, Exposure, descriptor_text, read_descriptor
from isp.core.errors import FileError

TEXT = """# a comment
v 3.0
n 12 640 480
b 40000.0 120.5
i images\\b_000_snap_001.png
i images/b_000_snap_002.png
d 40000.0
i images/d 1.png
"""


def test_exposures_come_in_the_files_order(tmp_path: Path) -> None:
    file = tmp_path / "set.txt"
    file.write_text(TEXT)

    said = read_descriptor(file)

    assert (said.bit_depth, said.width, said.height) == (12, 640, 480)
    bright, dark = said.exposures
    assert (bright.exposure_time_s, bright.photons) == (4e-5, 120.5)
    assert bright.paths[0] == tmp_path / "images" / "b_000_snap_001.png"
    assert dark.photons is None
    assert dark.paths == (tmp_path / "images" / "d 1.png",)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    said = Descriptor(
        bit_depth=10,
        width=8,
        height=6,
        exposures=(
            Exposure(exposure_time_s=1 / 3, photons=0.0, paths=(tmp_path / "a" / "b.tif",)),
            Exposure(exposure_time_s=2e-5, photons=None, paths=(tmp_path / "c.tif",)),
        ),
    )
    file = tmp_path / "out.txt"
    file.write_text(descriptor_text(said, tmp_path))

    back = read_descriptor(file)

    assert [each.photons for each in back.exposures] == [0.0, None]
    assert back.exposures[0].exposure_time_s == pytest.approx(1 / 3, rel=1e-9)
    assert [each.paths for each in back.exposures] == [each.paths for each in said.exposures]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("v 3\nn 12 640\n", 'line 2: "n 12 640" is not "n BITS WIDTH HEIGHT"'),
        ("n 12,160 160\n", 'line 1: "n 12,160 160" is not "n BITS WIDTH HEIGHT"'),
        ("n 12 0 480\n", "line 1: .* width and height of 1 or more"),
        ("n 4000 640 480\n", "line 1: .* 1 to 16 bits"),
        ("n 12 640 480\ni a.png\n", "line 2: an image before its exposure"),
        ("n 12 640 480\nb 100\n", 'line 2: "b 100" is not "b TIME PHOTONS"'),
        ("n 12 640 480\nb 10 20 30\n", 'line 2: "b 10 20 30" is not "b TIME PHOTONS"'),
        ("n 12 640 480\nd 10 ms\n", 'line 2: "d 10 ms" is not "d TIME"'),
        ("n 12 640 480\nb nan 3546.0\n", "line 2: TIME is nan"),
        ("n 12 640 480\nb 100 inf\n", "line 2: PHOTONS is inf"),
        ("n 12 640 480\nb 100 -1\n", "line 2: PHOTONS is -1"),
        ("n 12 640 480\nd -40000.0\n", "line 2: TIME is -40000"),
        ("n 12 640 480\nd 10\ni\n", "line 3: no file is named"),
        ("n 12 640 480\nq 1\n", 'it begins with "q"'),
        ("n 12 640 480\nd 10\ni ../../etc/passwd\n", "not inside"),
        ("n 12 640 480\nd 10\ni /etc/passwd\n", "not inside"),
        ("d 10\ni a.png\n", "no line n"),
        ("n 12 640 480\n", "no exposure"),
    ],
)
def test_a_spoilt_descriptor_is_refused_with_its_line(
    tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "set.txt"
    file.write_text(text)

    with pytest.raises(FileError, match=reason) as error:
        read_descriptor(file)
    assert str(file) in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "set.txt"
    file.write_bytes(b"\xff\xfe\x00v")

    with pytest.raises(FileError):
        read_descriptor(file)
