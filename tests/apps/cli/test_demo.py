"""fullwell demo, from the outside."""

from pathlib import Path

import pytest

from apps.demo import OUTPUTS
from tests.apps.conftest import Command, DemoRun
from tests.apps.samples import left_in, refused


def test_the_demo_runs_and_says_where_to_look(demo_run: DemoRun) -> None:
    assert (demo_run.code, demo_run.err) == (0, "")
    *figures, last = demo_run.out.splitlines()
    assert last == f"open {demo_run.folder / 'report.html'}"
    assert len(figures) == 2
    assert left_in(demo_run.folder) == ["report.html", "room.dng", "room.json", "room.png"]


@pytest.mark.parametrize("taken", OUTPUTS)
def test_an_earlier_demo_is_kept_without_force(
    fullwell: Command, tmp_path: Path, taken: str
) -> None:
    (tmp_path / taken).write_text("mine")

    refused(fullwell("demo", "-o", tmp_path), 3, taken, "pass --force to replace it")
    assert left_in(tmp_path) == [taken]
    assert (tmp_path / taken).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused(fullwell: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    refused(fullwell("demo", "-o", tmp_path / "file"), 3, "cannot make the folder")
    refused(fullwell("demo", "-o", "/proc/demo"), 3, "/proc/demo: cannot make the folder")


def test_a_seed_out_of_range_is_a_usage_error(fullwell: Command, tmp_path: Path) -> None:
    refused(fullwell("demo", "-o", tmp_path, "--seed", "-1"), 2, "--seed")
    assert left_in(tmp_path) == []


def test_options_reach_the_demo_and_quiet_says_nothing(
    fullwell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def pretend(folder: Path, *, seed: int, force: bool, advance: object) -> list[str]:
        asked.extend([folder, seed, force])
        return ["a line"]

    monkeypatch.setattr("apps.demo.run_demo", pretend)

    assert fullwell("demo", "-o", tmp_path, "--seed", 7, "--force") == (0, "a line\n", "")
    assert fullwell("demo", "-o", tmp_path, "--quiet") == (0, "", "")
    assert asked == [tmp_path, 7, True, tmp_path, 1, False]
