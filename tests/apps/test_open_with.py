"""The page says what each reader did with each format, and what was not tried."""

from pathlib import Path

import numpy as np
import pytest

from apps import open_with
from apps.open_with import SAMPLES, difference, frames, main, page, rows, written
from apps.second_programs import Answer, NotOpened, Program
from isp.files.save import KNOWN, write

PNG = next(sample for sample in SAMPLES if sample.file == "sdr.png")
ULTRA = next(sample for sample in SAMPLES if sample.file == "ultra.jpg")


def refuses(path: Path, scratch: Path) -> Answer:
    raise NotOpened(f"{path}: no | idea")


def told(path: Path, scratch: Path) -> Answer:
    return Answer(said="8 bit")


FAILING = Program(name="python3", version_arguments=["--version"], suffixes=(".png",), ask=refuses)
TELLING = Program(name="python3", version_arguments=["--version"], suffixes=(".png",), ask=told)
ABSENT = Program(name="no-such", version_arguments=[], suffixes=(".png",), ask=told)


def test_every_delivery_format_has_a_sample() -> None:
    shown = {Path(sample.file).suffix for sample in SAMPLES}

    # TIFF is read by everything; raw Y'CbCr needs its sidecar; the others are second spellings.
    assert set(KNOWN) - shown == {".dng", ".raw", ".tif", ".tiff", ".jpeg", ".heif", ".nv12",
                                  ".yuv"}  # fmt: skip


def test_a_reader_that_opens_fails_or_is_missing_is_told_apart(tmp_path: Path) -> None:
    path, frame = tmp_path / PNG.file, frames()["sdr"]
    write(path, frame)
    wanted = written(PNG, frame, path)

    seen = list(rows(PNG, path, wanted, (FAILING, TELLING, ABSENT), tmp_path))

    assert [name for name, _, _ in seen[:3]] == ["OpenImageIO", "Pillow", "imagecodecs"]
    assert all("largest difference" in said for _, _, said in seen[:3])
    failed, answered, absent = (said for _, _, said in seen[3:])
    assert failed == "does not open it: it: no | idea"
    assert answered == "8 bit"
    assert absent == "not installed here: not tried"


def test_differences_are_in_codes_of_the_file_and_of_light_relative() -> None:
    codes = np.zeros((2, 3, 3))

    assert difference(PNG, codes, codes + 2 / 255) == "; largest difference 2 codes"
    assert difference(PNG, codes, None) == ""
    assert difference(PNG, codes, codes[:1]) == "; it came as 3 x 1"
    light = np.full((2, 3, 3), 4.0)
    assert difference(ULTRA, light, light * 1.01) == "; largest difference 1.0e-02"
    assert difference(ULTRA, light, light / 4) == "; the SDR base"


def test_the_page_has_a_table_for_each_sample_and_names_no_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = page(programs=(FAILING,), samples=(PNG, ULTRA))

    assert "## PNG, sRGB (`sdr.png`)" in text
    assert "## JPEG, Ultra HDR (`ultra.jpg`)" in text
    assert "no / idea" in text  # a bar would end the cell
    assert "/tmp" not in text
    assert "## Not tried here" in text


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_with, "page", lambda: "# page\n")

    assert main(["-o", str(tmp_path / "a.md")]) == 0
    assert (tmp_path / "a.md").read_text() == "# page\n"
    assert main(["-o", str(tmp_path / "none" / "a.md")]) == 3
