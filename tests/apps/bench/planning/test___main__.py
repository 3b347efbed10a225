"""python -m apps.bench.planning writes the page of a folder."""

from pathlib import Path

import pytest

from apps.bench.planning.__main__ import main
from tests.apps.bench.latency.result_files import written
from tests.apps.bench.planning.target_files import row


def test_the_page_is_written_from_the_results_that_are_there(tmp_path: Path) -> None:
    written(tmp_path / "fit-1.json", row(["encode"], 10.0))
    written(tmp_path / "held-1.json", row(["encode"], 20.0))
    output = tmp_path / "page.md"

    assert main(["--results", str(tmp_path), "-o", str(output)]) == 0
    assert "-50 %" in output.read_text(encoding="utf-8")


def test_a_folder_without_results_exits_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--results", str(tmp_path), "-o", str(tmp_path / "page.md")]) == 3
    assert "has no fit-*.json" in capsys.readouterr().err
