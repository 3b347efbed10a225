"""Two result files are compared only where that means something, and the page is written whole."""

from pathlib import Path

import pytest

from apps.bench.latency.comparing import compare_files
from isp.core.errors import FileError, OutputError
from tests.apps.bench.latency.result_files import run_of, written


def test_a_page_is_not_written_over_another_or_over_a_result(tmp_path: Path) -> None:
    old = written(tmp_path / "old.json", run_of([1.0] * 64))
    page = tmp_path / "page.md"
    page.write_text("mine")

    with pytest.raises(OutputError, match="exists already"):
        compare_files(old, old, tolerance=0.05, output=page)
    with pytest.raises(OutputError, match="it is the input"):
        compare_files(old, old, tolerance=0.05, output=old, force=True)

    compare_files(old, old, tolerance=0.05, output=page, force=True)
    assert "no difference shown" in page.read_text()


def test_cadences_of_two_rates_are_not_compared(tmp_path: Path) -> None:
    old, new = (
        written(tmp_path / f"{fps}.json", run_of([1.0] * 64, load="cadence", fps_asked=fps))
        for fps in (30, 60)
    )

    with pytest.raises(FileError, match=r"fps_asked of whole, .*: 30 against 60"):
        compare_files(old, new, tolerance=0.05)


def test_where_no_row_has_frames_enough_nothing_was_compared(tmp_path: Path) -> None:
    old, new = (written(tmp_path / f"{n}.json", run_of([10.0, 11.0, 12.0])) for n in ("a", "b"))

    with pytest.raises(FileError, match="no row of it has the 64 frames that a verdict takes"):
        compare_files(old, new, tolerance=0.05)
