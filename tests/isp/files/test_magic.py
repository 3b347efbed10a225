"""A file is known by its first bytes."""

from pathlib import Path

import pytest

from isp.core.errors import FileError, LimitError
from isp.files.limits import Limits
from isp.files.magic import UNKNOWN, kind_of_bytes, look_at, not_raw_reason


@pytest.mark.parametrize(
    ("head", "family", "name"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", "raw", "a Canon CR2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "raw", "a Canon CR3"),
        (b"II\x1a\0\0\0HEAPCCDR", "raw", "a Canon CRW"),
        (b"FUJIFILMCCD-RAW 0201", "raw", "a Fujifilm RAF"),
        (b"IIU\0\x18\0\0\0", "raw", "a Panasonic RW2"),
        (b"II*\0\x08\0\0\0\0\0\0\0", "tiff", "a TIFF"),
        (b"MM\0*\0\0\0\x08", "tiff", "a TIFF"),
        (b"\x89PNG\r\n\x1a\n", "png", "a PNG picture"),
        (b"\xff\xd8\xff\xe1", "jpeg", "a JPEG picture"),
        (b"v/1\x01\x02\0\0\0", "exr", "an OpenEXR picture"),
        (b"#?RADIANCE\nFORMAT", "hdr", "a Radiance picture"),
        ("a note, in words: größer\n".encode(), "other", "a text file"),
        (b"nii\x86ghf\x86eqe\x86", "other", UNKNOWN),
    ],
)
def test_each_format_is_recognised(head: bytes, family: str, name: str) -> None:
    kind = kind_of_bytes(head)

    assert (kind.family, kind.name) == (family, name)


def test_text_cut_inside_a_character_is_still_text() -> None:
    assert kind_of_bytes(("x" * 511 + "ö").encode()[:512]).name == "a text file"


def test_a_missing_file_a_folder_and_an_empty_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.dng").touch()
    for name, reason in (
        ("gone.dng", "there is no such file"),
        ("", "it is a folder"),
        ("empty.dng", "the file is empty"),
    ):
        with pytest.raises(FileError, match=reason):
            look_at(tmp_path / name, Limits())


def test_a_file_over_the_byte_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(b"II*\0" * 10)

    with pytest.raises(LimitError, match="40 bytes are over the limit of 39"):
        look_at(tmp_path / "a.dng", Limits(file_bytes=39))


def test_an_unknown_file_gets_the_way_out() -> None:
    assert "sidecar NAME.json" in not_raw_reason(UNKNOWN)
    assert not_raw_reason("a PNG picture") == "it is a PNG picture, not a camera raw"
