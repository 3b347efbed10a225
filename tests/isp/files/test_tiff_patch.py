"""A TIFF by tifffile gets an EXIF IFD that other readers find."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from isp.files.tiff_patch import ASCII, PLACEHOLDER, RATIONAL, SHORT, Entry, finish

EXIF = [
    Entry(tag=36867, kind=ASCII, values=[*b"2024:05:06 07:08:09", 0]),
    Entry(tag=33434, kind=RATIONAL, values=(1, 60)),
    Entry(tag=34855, kind=SHORT, values=[400]),
]


def written(path: Path, placeholder: bool = True) -> Path:
    tags = [(PLACEHOLDER, 4, 1, 0, True)] if placeholder else []
    tifffile.imwrite(
        path, np.arange(77, dtype=np.uint8).reshape(7, 11), metadata=None, extratags=tags,
        photometric="minisblack",
    )  # fmt: skip
    return path


def test_entries_are_found_sorted_and_pixels_stay(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif")

    finish(path, EXIF, {})

    with tifffile.TiffFile(path) as tiff:
        exif = tiff.pages[0].tags["ExifTag"].value
        assert exif["ExposureTime"] == (1, 60)
        assert exif["ISOSpeedRatings"] == 400
        assert exif["DateTimeOriginal"] == "2024:05:06 07:08:09"
        assert tiff.pages[0].asarray().tolist() == np.arange(77).reshape(7, 11).tolist()


def test_a_short_tag_takes_its_new_value(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif")

    finish(path, (), {262: 34892})

    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages[0].tags[262].value == 34892


def test_a_tag_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tag 34666 is not in IFD 0"):
        finish(written(tmp_path / "a.tif", placeholder=False), EXIF, {})
