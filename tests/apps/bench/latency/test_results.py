"""Result files are read, and what is none is refused by file and reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench.latency.results import key_of, read_results
from isp.core.errors import FileError
from tests.apps.bench.latency.result_files import result_of, run_of, written


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", run_of([1.0, 2.5]), run_of([3.0], stage="tone"))

    result = read_results(path)

    assert [run["frames_ms"] for run in result["runs"]] == [[1.0, 2.5], [3.0]]
    assert key_of(result["runs"][1]).stage == "tone"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "fullwell-bundle"}, "its format is 'fullwell-bundle', version 1"),
        ({"format_version": 2}, "version 2"),
        ({"environment": None}, "has an environment"),
        ({"runs": []}, "no run"),
        ({"runs": [run_of([])]}, "run 1: frames_ms is a list"),
        ({"runs": [run_of([1.0]), run_of([1.0, 0.0], stage="b")]}, "run 2: .* no time above 0"),
        ({"runs": [run_of([float("inf")])]}, "runs.0.frames_ms.0 is not a finite number"),
        ({"runs": [run_of([1.0], size=[3, 0])]}, r"run 1: size is \[height, width\]"),
        ({"runs": [run_of([1.0], stage=None)]}, "run 1: stage is a text"),
        ({"runs": [run_of([1.0], stage="\x1b[2Jx")]}, "run 1: stage holds what cannot be printed"),
        ({"runs": [{"stage": "whole"}]}, "run 1: variant is missing"),
        ({"runs": [run_of([1.0]), run_of([2.0])]}, "two of its runs are the same row"),
    ],
)
def test_what_is_no_result_is_refused_with_its_reason(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(result_of(run_of([1.0])) | change))

    with pytest.raises(FileError, match=f"odd.json: .*{reason}"):
        read_results(path)
