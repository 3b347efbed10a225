"""Runs are made once, found again, and refused where nobody asked to make them."""

from pathlib import Path
from typing import Any

import pytest

from apps.bench.run_records import RunRecords
from isp.core.errors import FileError, MissingError

RUN = {"method": "amplified", "ratio": 100.0}


def result(number: float) -> dict[str, Any]:
    return {"psnr_db": [number, None]}


def test_a_run_is_made_once_and_found_by_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.jsonl"
    first = RunRecords(path, makes=True).result(RUN, lambda: result(30.0))
    swapped = dict(reversed(RUN.items()))

    again = RunRecords(path).result(swapped, lambda: result(99.0))

    assert first == again == result(30.0)
    assert len(path.read_text().splitlines()) == 1


def test_a_run_that_is_not_there_is_refused_unless_it_is_to_be_made(tmp_path: Path) -> None:
    records = RunRecords(tmp_path / "runs.jsonl")

    with pytest.raises(MissingError, match=r"has no run .*amplified"):
        records.result(RUN, lambda: result(30.0))
    assert not (tmp_path / "runs.jsonl").exists()


def test_made_anew_the_old_runs_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    RunRecords(path, makes=True).result(RUN, lambda: result(30.0))

    anew = RunRecords(path, makes=True, anew=True).result(RUN, lambda: result(31.0))

    assert anew == result(31.0)
    assert RunRecords(path).result(RUN, lambda: result(0.0)) == result(31.0)


def test_a_result_that_is_no_number_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"

    with pytest.raises(ValueError, match="not JSON compliant"):
        RunRecords(path, makes=True).result(RUN, lambda: result(float("nan")))
    assert not path.exists()


@pytest.mark.parametrize("line", ["{", '{"run": {}}', "[]"])
def test_a_line_that_is_no_run_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"run": {}, "result": {}}\n' + line + "\n")

    with pytest.raises(FileError, match="line 2"):
        RunRecords(path)
