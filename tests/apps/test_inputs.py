"""A folder stands for the raws in it, and for nothing else."""

import shutil
from pathlib import Path

import pytest

from apps.inputs import inputs
from isp.core.errors import FileError
from isp.files.raw_dump import write_raw_dump
from isp.files.raw_tiff import write_raw_tiff
from isp.files.save import write
from tests.isp.files.samples import camera, raw_frame, sdr_frame


def test_a_folder_s_raws_come_in_the_order_of_their_names(grey_dng: Path, tmp_path: Path) -> None:
    shutil.copy(grey_dng, tmp_path / "b.dng")
    shutil.copy(grey_dng, tmp_path / "a.DNG")
    write_raw_dump(tmp_path / "dump.raw", raw_frame(camera()))
    write_raw_tiff(tmp_path / "mosaic.tif", raw_frame(camera()))
    for name in ("picture.png", "picture.tif", "picture.jpg"):
        write(tmp_path / name, sdr_frame())
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "empty.dng").touch()
    (tmp_path / "below").mkdir()
    shutil.copy(grey_dng, tmp_path / "below" / "c.dng")
    missing = tmp_path / "none.nef"

    found = inputs([missing, tmp_path])

    assert [p.name for p in found] == ["none.nef", "a.DNG", "b.dng", "dump.raw", "mosaic.tif"]


def test_a_folder_without_raws_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "picture.png", sdr_frame())

    with pytest.raises(FileError, match="no raw file is in this folder"):
        inputs([tmp_path])
