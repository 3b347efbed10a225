"""Programs are asked, their answers are read, and one that is missing or fails says so."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from apps.second_programs import PROGRAMS, NotOpened, Program, ask_djxl, ask_exiftool, ask_ffmpeg
from isp.files.display_codes import code_frame
from isp.files.light import light_of
from isp.files.save import write
from tests.isp.files.samples import linear_frame
from tests.isp.files.second_readers import program


def test_a_program_that_is_not_there_has_no_version() -> None:
    absent = Program(
        name="no-such-program", version_arguments=[], suffixes=(".png",), ask=ask_exiftool
    )

    assert absent.version() is None


SILENT = ("chromium", "darktable-cli", "jxlinfo")  # slow to say it, or not at all
QUICK = [each for each in PROGRAMS if each.name not in SILENT]


@pytest.mark.parametrize("asked", QUICK, ids=lambda each: each.name)
def test_every_program_that_is_here_says_its_version(asked: Program) -> None:
    if shutil.which(asked.name) is None:
        pytest.skip(f"{asked.name} is not installed")

    version = asked.version()

    assert version is not None
    assert version[0].isdigit()


def test_djxl_s_light_is_that_of_the_file_row_for_row(tmp_path: Path) -> None:
    program("djxl")
    write(tmp_path / "a.jxl", linear_frame(), bit_depth=32)  # its PFM takes no half floats

    answer = ask_djxl(tmp_path / "a.jxl", tmp_path)

    assert answer.pixels is not None
    wanted = light_of(linear_frame(), "bt2020", "a")
    assert np.abs(answer.pixels - wanted).max() < 1e-5


def test_ffmpeg_s_codes_are_those_of_the_file(tmp_path: Path) -> None:
    program("ffmpeg")
    write(tmp_path / "a.png", linear_frame(), hdr="pq")

    answer = ask_ffmpeg(tmp_path / "a.png", tmp_path)

    assert answer.pixels is not None
    wanted = code_frame("a", linear_frame(), 16, transfer="pq").code / 65535
    assert np.abs(answer.pixels - wanted).max() < 1e-6


def test_a_file_that_is_no_picture_is_not_opened_in_a_sentence_without_our_paths(
    tmp_path: Path,
) -> None:
    program("ffmpeg")
    (tmp_path / "a.png").write_bytes(b"no picture")

    with pytest.raises(NotOpened) as caught:
        ask_ffmpeg(tmp_path / "a.png", tmp_path)

    assert str(tmp_path) not in str(caught.value)
