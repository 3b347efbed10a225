"""fullwell bench compare: exit codes, the table, the page."""

from pathlib import Path

import pytest

from tests.apps.bench.latency.result_files import following_times, run_of, written
from tests.apps.conftest import Command


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return written(tmp_path / "old.json", run_of(following_times(700, seed=1)))


def test_a_rerun_shows_no_difference_and_exits_0(
    fullwell: Command, tmp_path: Path, old: Path
) -> None:
    new = written(
        tmp_path / "new.json", run_of(following_times(700, seed=2)), load_average_at_start=9.0
    )

    answer = fullwell("bench", "compare", old, new)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.count("no difference shown") == 3  # median, p99, and the line below


def test_a_slower_row_exits_1_and_is_named(fullwell: Command, tmp_path: Path, old: Path) -> None:
    new = written(tmp_path / "new.json", run_of(1.1 * following_times(700, seed=2)))
    page = tmp_path / "page.md"

    answer = fullwell("bench", "compare", old, new, "--markdown", page, "--quiet")

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("error: slower: whole, onnx, CPUExecutionProvider, fp32, 64x96")
    assert "regression" in page.read_text()
    assert fullwell("bench", "compare", old, new, "--tolerance", "20%").code == 0


def test_another_machine_exits_3_and_names_it_unless_asked_across(
    fullwell: Command, tmp_path: Path, old: Path
) -> None:
    times = following_times(700, seed=2)
    new = written(tmp_path / "new.json", run_of(times), cpu="another")

    answer = fullwell("bench", "compare", old, new)
    across = fullwell("bench", "compare", old, new, "--across-machines")

    assert answer.code == 3
    assert "cpu: 'made up' against 'another'" in answer.err
    assert across.code == 0
    assert "note: measured differently: cpu" in across.err


@pytest.mark.parametrize("tolerance", ["fast", "-1%", "100%"])
def test_a_tolerance_that_is_no_share_is_a_matter_of_usage(
    fullwell: Command, old: Path, tolerance: str
) -> None:
    answer = fullwell("bench", "compare", old, old, f"--tolerance={tolerance}")

    assert answer.code == 2
    assert "expected a share" in answer.err


def test_files_without_a_row_in_common_are_bad_input(
    fullwell: Command, tmp_path: Path, old: Path
) -> None:
    new = written(tmp_path / "new.json", run_of([1.0], stage="tone"))

    answer = fullwell("bench", "compare", old, new)

    assert answer.code == 3
    assert "no row of it is in" in answer.err
