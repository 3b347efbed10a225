"""DNG tags are read as the specification means them, where LibRaw rounds or drops them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from isp.core.errors import FileError, LimitError
from isp.files.dng_decode import open_dng
from isp.files.dng_tags import check_layout, dng_facts, is_dng, raw_page
from isp.files.limits import Limits

DN = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60) % 1000
BASE = {
    33421: (3, 2, (2, 2)),
    33422: (1, 4, bytes([1, 0, 2, 1])),  # GRBG
    50706: (1, 4, bytes([1, 4, 0, 0])),
    50717: (3, 1, 1023),
}


def write_dng(path: Path, tags: dict[int, Any], dn: np.ndarray = DN, **options: Any) -> Path:
    """Write a DNG of any tags; None removes one of the base."""
    merged = {k: v for k, v in (BASE | tags).items() if v is not None}
    extra = [(code, *value, True) for code, value in sorted(merged.items())]
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        tiff.write(
            dn, **{"photometric": 32803, "metadata": None, "subfiletype": 0} | options,
            extratags=extra,
        )  # fmt: skip
    return path


def facts_of(path: Path) -> dict[str, Any]:
    with tifffile.TiffFile(path) as tiff:
        page = raw_page(tiff)
        check_layout(path, page, Limits())
        return dng_facts(path, tiff, page)


def test_black_keeps_its_fractions_and_its_cell(tmp_path: Path) -> None:
    cell = (240, 4, 257, 4, 66, 1, 70, 1)
    path = write_dng(tmp_path / "a.dng", {50713: (3, 2, (2, 2)), 50714: ("2I", 4, cell)})

    facts = facts_of(path)

    assert facts["black_level_repeat"] == [2, 2]
    assert facts["black_level_cell"] == [60.0, 64.25, 66.0, 70.0]


def test_four_levels_without_a_repeat_are_refused_not_taken_for_zero(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {50714: (3, 4, (60, 61, 62, 63))})

    with pytest.raises(FileError, match="1 x 1 and 1 samples, but BlackLevel has 4 values"):
        facts_of(path)


def test_matrices_follow_the_order_of_the_planes(tmp_path: Path) -> None:
    rows = [[9, 8, 7], [1, 2, 3], [4, 5, 7]]  # planes are B, R, G
    pairs = tuple(n for v in np.ravel(rows) for n in (int(v), 10))
    neutral = (3, 10, 1, 10, 2, 10)
    path = write_dng(
        tmp_path / "a.dng",
        {50710: (1, 3, bytes([2, 0, 1])), 50721: ("2i", 9, pairs), 50778: (3, 1, 17),
         50728: ("2I", 3, neutral)},
    )  # fmt: skip

    facts = facts_of(path)

    [entry] = facts["colour_matrices"]
    assert entry["illuminant"] == "A"
    assert entry["matrix"] == [[0.1, 0.2, 0.3], [0.4, 0.5, 0.7], [0.9, 0.8, 0.7]]
    assert facts["as_shot_neutral"] == [0.1, 0.2, 0.3]


def test_the_raw_behind_a_preview_is_found(tmp_path: Path) -> None:
    extra = [(code, *value, True) for code, value in sorted(BASE.items())]
    with tifffile.TiffWriter(tmp_path / "a.dng") as tiff:
        tiff.write(
            np.zeros((64, 64, 3), np.uint8), photometric="rgb", subfiletype=1, subifds=1,
            metadata=None, extratags=extra[2:3],
        )  # fmt: skip
        tiff.write(DN, photometric=32803, subfiletype=0, metadata=None, extratags=extra)

    facts = facts_of(tmp_path / "a.dng")

    assert (facts["width"], facts["height"], facts["photometric"]) == (60, 40, 32803)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({33422: (1, 4, bytes([0, 3, 4, 1]))}, r"other than R, G, B and W \(codes \[3, 4\]\)"),
        ({33422: (1, 6, bytes(6))}, "said to be 2 x 2, but has 6 sites"),
        ({33422: None}, "but has 0 sites"),
        ({50711: (3, 1, 2)}, "staggered"),
    ],
)
def test_a_pattern_that_cannot_be_honoured_is_refused(
    tags: dict, words: str, tmp_path: Path
) -> None:
    path = write_dng(tmp_path / "a.dng", tags)

    with pytest.raises(FileError, match=words):
        facts_of(path)


@pytest.mark.parametrize(
    "area", [(0, 0, 0, 0), (10, 10, 10, 20), (0, 0, 41, 60), (0, 0, 40, 61), (0, 0, 40)]
)
def test_an_active_area_that_is_no_part_of_the_picture_is_refused(
    area: tuple[int, ...], tmp_path: Path
) -> None:
    path = write_dng(tmp_path / "a.dng", {50829: (4, len(area), area)})

    with pytest.raises(FileError, match=rf"ActiveArea, {' '.join(map(str, area))}, is no part"):
        facts_of(path)
    with pytest.raises(FileError, match=r"a\.dng: its ActiveArea"):
        open_dng(path, Limits())


@pytest.mark.parametrize("number", [1, 2])
def test_a_colour_matrix_that_cannot_be_inverted_is_refused(number: int, tmp_path: Path) -> None:
    sound = tuple(n for v in np.eye(3).ravel() for n in (int(v), 1))
    tags = {50721: ("2i", 9, sound), 50722: ("2i", 9, sound), 50720 + number: ("2i", 9, (0, 1) * 9)}
    path = write_dng(tmp_path / "a.dng", tags)

    with pytest.raises(FileError, match=f"ColorMatrix{number} cannot be inverted"):
        facts_of(path)


def test_strips_outside_the_file_are_noticed(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {})
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(FileError, match="cut short or pruned"):
        facts_of(path)


def test_a_header_over_the_pixel_limit_is_refused(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {})
    with tifffile.TiffFile(path) as tiff, pytest.raises(LimitError, match="60 x 40"):
        check_layout(path, raw_page(tiff), Limits(pixels=2399))


def test_a_tiff_is_a_dng_by_its_version_tag(tmp_path: Path) -> None:
    for version, expected in ((BASE[50706], True), (None, False)):
        with tifffile.TiffFile(write_dng(tmp_path / "a.dng", {50706: version})) as tiff:
            assert is_dng(tiff) is expected
