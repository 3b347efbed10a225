"""A mosaic in a PNG or TIFF is a dump whose size the file tells."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from isp.core.errors import FileError, UsageError
from isp.files.dump import DumpFlags
from isp.files.limits import Limits
from isp.files.mosaic_file import is_laid_out, mosaic_facts, read_mosaic

DN = (np.arange(48, dtype=np.uint16) * 21).reshape(6, 8)
FLAGS = DumpFlags(bits=10, cfa="GRBG", black_level=(25.0,))


def test_a_sixteen_bit_png_keeps_its_dn(tmp_path: Path) -> None:
    Image.fromarray(DN).save(tmp_path / "a.png")

    mosaic = read_mosaic(tmp_path / "a.png", Limits(), FLAGS, DumpFlags())

    assert mosaic is not None
    assert np.array_equal(mosaic.arrays["dn"], DN)
    assert mosaic.facts["cfa"] == [["G", "R"], ["B", "G"]]
    assert mosaic.facts["white_level_dn"] == 1023.0


def test_a_packed_tiff_is_not_widened(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DN, bitspersample=12, photometric="minisblack")

    mosaic = read_mosaic(tmp_path / "a.tif", Limits(), FLAGS, DumpFlags())

    assert mosaic is not None
    assert np.array_equal(mosaic.arrays["dn"], DN)


def test_colours_are_no_mosaic(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(tmp_path / "a.png")

    with pytest.raises(FileError, match="a PNG picture of 3 channels; a mosaic has one plane"):
        read_mosaic(tmp_path / "a.png", Limits(), FLAGS, DumpFlags())


def test_flags_of_headerless_files_have_no_place_in_a_png(tmp_path: Path) -> None:
    Image.fromarray(DN).save(tmp_path / "a.png")

    with pytest.raises(UsageError, match=r"a\.png: stride is for headerless files"):
        read_mosaic(
            tmp_path / "a.png", Limits(), DumpFlags(bits=10, cfa="RGGB", stride=16), DumpFlags()
        )


def test_without_flags_a_picture_stays_a_picture(tmp_path: Path) -> None:
    Image.fromarray(DN).save(tmp_path / "a.png")

    assert read_mosaic(tmp_path / "a.png", Limits(), None, DumpFlags()) is None
    assert not is_laid_out(tmp_path / "a.png", None)
    assert is_laid_out(tmp_path / "a.png", FLAGS)


def test_black_levels_are_one_or_one_per_site() -> None:
    four = DumpFlags(bits=10, cfa="RGGB", black_level=(1.0, 2.0, 3.0, 4.0))

    assert mosaic_facts(four)["black_level_dn"] == [1.0, 2.0, 3.0, 4.0]
    assert mosaic_facts(FLAGS)["black_level_dn"] == [25.0] * 4
    with pytest.raises(UsageError, match="takes 1 or 4 values for GRBG, got 2"):
        mosaic_facts(DumpFlags(bits=10, cfa="GRBG", black_level=(1.0, 2.0)))


def test_a_sidecar_of_another_file_does_not_make_a_picture_a_mosaic(tmp_path: Path) -> None:
    # night.json describes night.raw; night.png was developed from it.
    keys = {"bits": 10, "cfa": "GRBG", "black_level": 25}
    (tmp_path / "night.json").write_text(json.dumps(keys))
    assert not is_laid_out(tmp_path / "night.png", None)
    assert is_laid_out(tmp_path / "night.raw", None)

    (tmp_path / "night.json").write_text(json.dumps(keys | {"file": "night.png"}))
    assert is_laid_out(tmp_path / "night.png", None)
    assert not is_laid_out(tmp_path / "night.raw", None)
