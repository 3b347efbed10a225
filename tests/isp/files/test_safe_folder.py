"""Files of one piece of work appear together or not at all."""

from pathlib import Path

import pytest

from isp.core.errors import FrameError, OutputError
from isp.files.safe_folder import safe_folder


def fill(folder: Path, *, force: bool = False, then: Exception | None = None) -> None:
    """Write a.txt and b.txt together, and perhaps fail."""
    with safe_folder(folder, force=force) as place:
        (place / "a.txt").write_text("new")
        (place / "b.txt").write_text("new")
        if then is not None:
            raise then


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    with safe_folder(tmp_path) as place:
        (place / "a.txt").write_text("a")
        (place / "b.txt").write_text("b")
        assert [name for name in names(tmp_path) if not name.startswith(".")] == []

    assert names(tmp_path) == ["a.txt", "b.txt"]
    assert (tmp_path / "b.txt").read_text() == "b"


def test_a_failure_leaves_nothing_and_keeps_what_was_to_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    with pytest.raises(FrameError):
        fill(tmp_path, force=True, then=FrameError("no"))

    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_an_error_names_the_file_that_the_user_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError) as caught, safe_folder(tmp_path) as place:
        raise OutputError(place / "a.txt", "too large")
    assert str(caught.value) == f"{tmp_path / 'a.txt'}: too large"

    monkeypatch.chdir(tmp_path)
    with pytest.raises(FrameError) as here, safe_folder(Path()) as place:
        raise FrameError(f"{place / 'a.txt'}: too large")
    assert str(here.value) == "a.txt: too large"


def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("old")

    with pytest.raises(OutputError, match=r"b\.txt: it exists already"):
        fill(tmp_path)
    assert names(tmp_path) == ["b.txt"]

    fill(tmp_path, force=True)
    assert (tmp_path / "b.txt").read_text() == "new"


def test_what_was_moved_is_taken_back_where_a_later_file_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = Path.replace

    def full(self: Path, target: Path) -> Path:
        if self.name == "b.txt":
            raise OSError(28, "No space left on device")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        fill(tmp_path)

    assert names(tmp_path) == []


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write into it"), safe_folder(tmp_path / "no"):
        pass
