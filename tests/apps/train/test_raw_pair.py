"""Files are found by name whatever their suffix, ratios stay real numbers."""

from pathlib import Path

import pytest

from apps.train.raw_pair import RawPair, exposure_ratio, raw_files, raw_named, refuse_incomplete
from isp.core.errors import FileError


@pytest.mark.parametrize(
    ("long", "short", "ratio"), [(10, 0.1, 100), (10, 0.033, 300), (30, 0.1, 300), (7, 0.04, 175)]
)
def test_a_ratio_is_the_quotient_and_at_most_300(long: float, short: float, ratio: float) -> None:
    assert exposure_ratio(long, short) == pytest.approx(ratio, rel=1e-12)


def test_a_ratio_is_not_cut_to_a_whole_number() -> None:
    assert exposure_ratio(299.99, 1) == 299.99


def test_a_name_is_met_by_its_exact_file_or_the_one_raw_of_its_stem(tmp_path: Path) -> None:
    for name in ("a_0.1s.dng", "a_0.1s.json", "a_0.1s.jpg", "b.NEF", "c.dng", "c.ARW"):
        (tmp_path / name).touch()
    files = raw_files(tmp_path)

    assert raw_named(files, "a_0.1s.ARW") == tmp_path / "a_0.1s.dng"
    assert raw_named(files, "b") == tmp_path / "b.NEF"
    assert raw_named(files, "c.ARW") == tmp_path / "c.ARW"
    assert raw_named(files, "a_0.2s.ARW") is None
    with pytest.raises(FileError, match=r"several raw files could be c.CR2 \(c.ARW, c.dng\)"):
        raw_named(files, "c.CR2")


def test_a_folder_that_is_not_there_holds_no_raw_files(tmp_path: Path) -> None:
    assert raw_files(tmp_path / "nothing") == {}


def test_all_that_is_missing_is_said_at_once_and_once(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="2 raw files are missing: x, y; look again"):
        refuse_incomplete(tmp_path, ["x", "y", "x"], "look again")
    with pytest.raises(FileError, match=r"10 raw files are missing: 0, .*, 7 and 2 more$"):
        refuse_incomplete(tmp_path, [str(n) for n in range(10)])
    refuse_incomplete(tmp_path, [])


def test_a_pair_is_named_by_camera_scene_and_short_file() -> None:
    pair = RawPair(
        short=Path("s/IMG_0004.ARW"), long=Path("s/IMG_0006.ARW"), camera="SonyA7S2",
        scene="scene-3", iso=800, short_s=0.1, long_s=10, ratio=100, factor=100,
    )  # fmt: skip

    assert pair.name == "SonyA7S2/scene-3/IMG_0004.ARW"
