"""A folder is written whole or not at all, and never over somebody else's."""

from pathlib import Path

import pytest

from isp.core.errors import FileError, OutputError
from isp.files.whole_folder import whole_folder

MARK = "session.json"


def make(folder: Path, text: str, **options: bool) -> None:
    with whole_folder(folder, mark=MARK, **options) as place:
        (place / MARK).write_text(text)


def test_nothing_is_there_before_all_of_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    with whole_folder(folder, mark=MARK) as place:
        (place / MARK).write_text("1")
        assert not folder.exists()

    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (folder / MARK).read_text() == "1"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    def fail() -> None:
        with whole_folder(folder, mark=MARK) as place:
            (place / "a.dng").write_text("half")
            raise FileError(place / "a.dng", "no")

    with pytest.raises(FileError, match=f"{folder}/a.dng: no"):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_an_older_one_is_replaced_only_by_force(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    make(folder, "old")
    (folder / "left.txt").write_text("of the old one")

    with pytest.raises(OutputError, match="--force"):
        make(folder, "new")
    assert (folder / MARK).read_text() == "old"

    make(folder, "new", force=True)
    assert [path.name for path in folder.iterdir()] == [MARK]
    assert (folder / MARK).read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_failure_by_force_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    make(folder, "old")

    with pytest.raises(KeyboardInterrupt), whole_folder(folder, mark=MARK, force=True):
        raise KeyboardInterrupt

    assert (folder / MARK).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_other_files_stays_even_by_force(tmp_path: Path, force: bool) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    (folder / "wedding.dng").write_text("dear")

    with pytest.raises(OutputError, match=r"no session\.json"):
        make(folder, "new", force=force)

    assert (folder / "wedding.dng").read_text() == "dear"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()

    make(folder, "new")

    assert (folder / MARK).read_text() == "new"


def test_a_file_or_a_missing_parent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(OutputError, match="not a folder"):
        make(tmp_path / "file", "new", force=True)
    with pytest.raises(OutputError, match="does not exist"):
        make(tmp_path / "no" / "made", "new")
