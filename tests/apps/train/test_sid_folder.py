"""SID's lists become pairs of files, without the misaligned scenes, or one complaint."""

from pathlib import Path

import pytest

from apps.train.sid_folder import sid_pairs
from isp.core.errors import FileError
from tests.apps.train.folders import sid_copy


def layout(root: Path, *names: str, suffix: str = "ARW") -> Path:
    """Empty files of SID's names: listing opens none."""
    for name in names:
        path = root / "Sony" / f"{name}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def listed(root: Path, *lines: str) -> Path:
    path = root / "list.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_copy_of_the_folder_gives_its_pairs_in_the_lists_order(tmp_path: Path) -> None:
    names = sid_copy(tmp_path, [("10003", "0.1", "10"), ("00001", "0.04", "10")])

    pairs = sid_pairs(tmp_path, names).pairs

    assert [p.name for p in pairs] == [
        "Sony/10003/10003_00_0.1s.dng", "Sony/00001/00001_00_0.04s.dng",
    ]  # fmt: skip
    assert [p.long.name for p in pairs] == ["10003_00_10s.dng", "00001_00_10s.dng"]
    assert [(p.iso, p.short_s, p.long_s) for p in pairs] == [(800, 0.1, 10), (800, 0.04, 10)]
    assert [p.ratio for p in pairs] == pytest.approx([100, 250], rel=1e-12)


def test_the_folder_itself_does_as_well_as_the_one_above(tmp_path: Path) -> None:
    layout(tmp_path, "short/00001_00_0.1s", "long/00001_00_10s")
    names = listed(
        tmp_path, "./Sony/short/00001_00_0.1s.ARW ./Sony/long/00001_00_10s.ARW ISO200 F8"
    )

    assert sid_pairs(tmp_path, names) == sid_pairs(tmp_path / "Sony", names)
    assert sid_pairs(tmp_path, names).pairs[0].camera == "Sony"


def test_ten_seconds_over_33_milliseconds_count_as_300(tmp_path: Path) -> None:
    layout(tmp_path, "short/20188_00_0.033s", "long/20188_00_10s")

    for line in (
        "20188_00_0.033s.ARW 20188_00_10s.ARW 300",
        "20188_00_0.033s.ARW 20188_00_10s.ARW",
    ):
        (pair,) = sid_pairs(tmp_path / "Sony", listed(tmp_path, line)).pairs
        assert (pair.ratio, pair.factor, pair.iso) == (300.0, 300, None)


def test_misaligned_scenes_are_left_out_with_a_note_and_need_no_files(tmp_path: Path) -> None:
    layout(tmp_path, "short/10003_00_0.1s", "long/10003_00_10s")
    names = listed(
        tmp_path,
        *(f"{s}_00_0.1s.ARW {s}_00_10s.ARW" for s in ("10003", "10034", "10045", "10172", "10034")),
    )

    found = sid_pairs(tmp_path / "Sony", names)

    assert [p.scene for p in found.pairs] == ["10003"]
    assert [note.split(":")[0] for note in found.notes] == [
        "scene 10034 left out (2 pairs)", "scene 10045 left out (1 pair)",
        "scene 10172 left out (1 pair)",
    ]  # fmt: skip


def test_everything_missing_is_named_in_one_complaint(tmp_path: Path) -> None:
    layout(tmp_path, "short/00001_00_0.1s", "long/00002_00_10s")
    names = listed(tmp_path, *(f"{s}_00_0.1s.ARW {s}_00_10s.ARW" for s in ("00001", "00002")))

    said = "2 raw files are missing: long/00001_00_10s.ARW, short/00002_00_0.1s.ARW; list.txt asks"
    with pytest.raises(FileError, match=said):
        sid_pairs(tmp_path / "Sony", names)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("00001_00_0.1s.ARW", "line 1 is not SHORT LONG"),
        ("00001_00_0.1s.ARW 00001_00_10s.ARW ISO200 F8 what", "line 1 is not SHORT LONG"),
        ("night.ARW 00001_00_10s.ARW", "night.ARW is not named SCENE_NUMBER_TIMEs"),
        ("00001_00_0s.ARW 00001_00_10s.ARW", "00001_00_0s.ARW is not named"),
        ("00001_00_0.1s.ARW 00002_00_10s.ARW", "pairs scene 00001 with scene 00002"),
        ("00001_00_0.1s.ARW 00001_00_10s.ARW 250", "says ratio 250, but 10 s is 100 times 0.1 s"),
        ("", "is empty"),
    ],
)
def test_a_list_that_is_none_is_refused(line: str, reason: str, tmp_path: Path) -> None:
    layout(tmp_path, "short/00001_00_0.1s", "long/00001_00_10s")

    with pytest.raises(FileError, match=reason):
        sid_pairs(tmp_path / "Sony", listed(tmp_path, line))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        sid_pairs(tmp_path, tmp_path / "nothing.txt")
