"""A file is written completely or not at all."""

import os
from pathlib import Path

import pytest

from isp.core.errors import OutputError
from isp.files.safe_write import refuse_output, safe_write


def write_half(path: Path, error: BaseException, *, force: bool = False) -> None:
    with safe_write(path, force=force) as place:
        place.write_text("half")
        raise error


def test_the_file_appears_only_at_the_end(tmp_path: Path) -> None:
    with safe_write(tmp_path / "a.txt") as place:
        place.write_text("whole")
        assert not (tmp_path / "a.txt").exists()

    assert (tmp_path / "a.txt").read_text() == "whole"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError, SystemExit])
def test_nothing_is_left_on_an_exception(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises((error, OutputError)):
        write_half(tmp_path / "a.txt", error("no"))

    assert list(tmp_path.iterdir()) == []


def test_the_old_file_survives_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    with pytest.raises(ValueError, match="no"):
        write_half(tmp_path / "a.txt", ValueError("no"), force=True)

    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_becomes_an_output_error_naming_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"a\.txt: cannot write it \(No space left on device\)"),
        safe_write(tmp_path / "a.txt"),
    ):
        raise OSError(28, os.strerror(28))


def test_an_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    with pytest.raises(OutputError, match="exists already"), safe_write(tmp_path / "a.txt"):
        pass

    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def write_while_another_does() -> None:
        with safe_write(tmp_path / "a.txt") as place:
            place.write_text("mine")
            (tmp_path / "a.txt").write_text("theirs")

    with pytest.raises(OutputError, match="appeared meanwhile"):
        write_while_another_does()

    assert [f.read_text() for f in tmp_path.iterdir()] == ["theirs"]


def test_force_replaces(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    with safe_write(tmp_path / "a.txt", force=True) as place:
        place.write_text("new")

    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the folder .*gone does not exist"):  # noqa: SIM117
        with safe_write(tmp_path / "gone" / "a.txt"):
            pass


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"), safe_write(tmp_path, force=True):
        pass


def test_a_written_file_has_the_users_own_rights(tmp_path: Path) -> None:
    with safe_write(tmp_path / "a.txt") as place:
        place.write_text("x")
    (tmp_path / "b.txt").write_text("x")

    rights = [(tmp_path / name).stat().st_mode for name in ("a.txt", "b.txt")]
    assert rights[0] == rights[1]


def test_an_input_is_never_the_output_even_by_force(tmp_path: Path) -> None:
    raw = tmp_path / "a.dng"
    raw.write_bytes(b"raw")
    (tmp_path / "same.dng").symlink_to(raw)

    for output in (raw, tmp_path / "same.dng"):
        with pytest.raises(OutputError, match="it is the input; name another output"):
            refuse_output(output, force=True, inputs=[tmp_path / "other.dng", raw])
    refuse_output(tmp_path / "b.dng", inputs=[raw])
