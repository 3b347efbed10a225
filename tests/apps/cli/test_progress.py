"""Progress is drawn on a terminal's stderr and nowhere else."""

import io
import sys

import pytest

from apps.cli.progress import progress


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, quiet: bool, total: int | None = 2
) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with progress("develop", total, quiet=quiet) as advance:
        advance("a.dng")
        advance("b.dng")
    return stream.getvalue()


def test_a_terminal_sees_what_is_done_and_how_much(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = run(monkeypatch, Terminal(), quiet=False)

    assert "develop: b.dng" in drawn
    assert "100%" in drawn
    assert capsys.readouterr().out == ""


def test_a_file_or_a_pipe_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, io.StringIO(), quiet=False) == ""


def test_quiet_draws_nothing_on_a_terminal_either(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, Terminal(), quiet=True) == ""


def test_parts_of_an_unknown_number_are_named_without_a_percentage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = run(monkeypatch, Terminal(), quiet=False, total=None)

    assert "develop: b.dng" in drawn
    assert "100%" not in drawn
