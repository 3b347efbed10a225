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


def test_frames_that_are_dropped_and_pictures_that_are_worse_exit_1(
    fullwell: Command, tmp_path: Path
) -> None:
    times = following_times(700, seed=1)
    kept = {"latency_verdict": "met", "rate_verdict": "kept", "dropped": 0}
    lost = {"latency_verdict": "missed", "rate_verdict": "not kept", "dropped": 300}
    old = run_of(times, load="cadence", quality={"psnr_db": 60.0}, **kept)
    before = written(tmp_path / "before.json", old)
    dropping = written(tmp_path / "drops.json", old | lost)
    darker = written(tmp_path / "darker.json", old | {"quality": {"psnr_db": 12.0}})

    drops, worse = (fullwell("bench", "compare", before, new) for new in (dropping, darker))

    assert (drops.code, worse.code) == (1, 1)
    assert "rate_verdict was kept, is not kept (300 of 1000 dropped)" in drops.err
    assert "its picture fell from 60.0 to 12.0 dB" in worse.err
    assert fullwell("bench", "compare", dropping, before).code == 0  # better is no harm


def test_a_row_that_is_gone_exits_1_unless_that_is_let_pass(
    fullwell: Command, tmp_path: Path
) -> None:
    times = following_times(700, seed=1)
    both = written(tmp_path / "both.json", run_of(times), run_of(times, stage="tone"))
    one = written(tmp_path / "one.json", run_of(times))

    answer = fullwell("bench", "compare", both, one)
    partial = fullwell("bench", "compare", both, one, "--partial")

    assert answer.code == 1
    assert "error: gone: tone, onnx, " in answer.err
    assert (partial.code, "only in the old file: tone" in partial.err) == (0, True)
    assert fullwell("bench", "compare", one, both).code == 0  # more than before is no harm


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
