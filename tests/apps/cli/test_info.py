"""fullwell info says what a file is, or why it is nothing."""

import json
from pathlib import Path

import pytest

from isp.files.info import info
from tests.apps.conftest import Command
from tests.apps.samples import grey, refused, write_exr, write_hdr


def test_the_facts_of_a_raw_are_those_that_were_written(fullwell: Command, grey_dng: Path) -> None:
    answer = fullwell("info", grey_dng, "--json")

    assert (answer.code, answer.err) == (0, "")
    facts = json.loads(answer.out)
    assert facts["bytes"] == grey_dng.stat().st_size
    for name, value in {
        "file": str(grey_dng), "container": "DNG", "width": 32, "height": 24, "iso": 400.0,
        "exposure_time_s": 0.04, "f_number": 2.8, "white_level_dn": 15520,
        "black_level_dn": [400.0] * 4, "cfa": [["R", "G"], ["G", "B"]],
    }.items():  # fmt: skip
        assert facts[name] == value, name


def test_a_person_reads_one_fact_a_line(fullwell: Command, grey_dng: Path) -> None:
    answer = fullwell("info", grey_dng)

    lines = dict(line.split(maxsplit=1) for line in answer.out.splitlines() if " " in line.strip())
    assert lines["width"] == "32"
    assert list(lines)[:2] == ["file", "bytes"]
    assert lines.keys() >= {"cfa", "iso", "black_level_dn"}


def test_scenes_and_pictures_have_facts_too(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    files = {
        "OpenEXR": write_exr(tmp_path / "a.exr", grey(), whiteLuminance=250.0),
        "Radiance": write_hdr(tmp_path / "a.hdr", grey()),
        "PNG": tmp_path / "a.png",
        "JPEG": tmp_path / "a.jpg",
        "TIFF": tmp_path / "a.tif",
    }
    for path in list(files.values())[2:]:
        assert fullwell("develop", grey_dng, "-o", path).code == 0

    for container, path in files.items():
        facts = json.loads(fullwell("info", path, "--json").out)
        assert (facts["container"], facts["width"], facts["height"]) == (container, 32, 24)
    assert info(files["OpenEXR"])["white_luminance_cd_m2"] == 250.0


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.dng", b"", "the file is empty"),
        ("text.dng", b"hello\n", "a text file"),
        ("noise.bin", bytes(range(256)) * 8, "no raw format's signature"),
        ("film.mp4", b"\0\0\0\x18ftypisom" + bytes(64), "a film"),
        ("cut.exr", b"v/1\x01\x02\0\0\0", "damaged"),
        ("cut.tif", b"II*\0\x08\0\0\0", "cut.tif"),
        ("cut.hdr", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 9 +X 9\n", "cut short or damaged"),
        ("cut.png", b"\x89PNG\r\n\x1a\n", "cut.png"),
        ("cut.jpg", b"\xff\xd8\xff\xe0", "cut.jpg"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_reason(
    fullwell: Command, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    refused(fullwell("info", path), 3, str(path), reason)


def test_a_folder_and_nothing_at_all_are_refused(fullwell: Command, tmp_path: Path) -> None:
    refused(fullwell("info", tmp_path), 3, "it is a folder")
    refused(fullwell("info", tmp_path / "none"), 3, "there is no such file")
