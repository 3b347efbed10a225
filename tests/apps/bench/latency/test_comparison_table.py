"""A comparison in words says times, ratios, verdicts, and what could not be compared."""

from typing import Any

import numpy as np

from apps.bench.latency.comparison import compare
from apps.bench.latency.comparison_table import cells, markdown, notes, summary, table
from tests.apps.bench.latency.result_files import following_times, result_of, run_of

TIMES = np.full(64, 8.0)


def test_a_row_says_old_new_ratio_interval_and_verdict() -> None:
    (row,) = compare(result_of(run_of(TIMES)), result_of(run_of(2 * TIMES))).rows

    assert cells(row) == (
        "whole, onnx, CPUExecutionProvider, fp32, 64x96, closed", "median", "8", "16", "2.000",
        "2.000 to 2.000", "regression",
    )  # fmt: skip


def test_the_page_has_the_table_the_summary_and_the_rows_left_out() -> None:
    old = result_of(run_of(TIMES), run_of(TIMES, stage="tone"))
    new = result_of(run_of(TIMES), cpu="another")

    found = compare(old, new)
    page = markdown(found)

    assert page.splitlines()[2].endswith("| no difference shown |")
    assert summary(found).startswith("1 no difference shown; tolerance 5 %")
    assert notes(found) == [
        "only in the old file: tone, onnx, CPUExecutionProvider, fp32, 64x96, closed",
        "measured differently: cpu: 'made up' against 'another'",
    ]
    assert all(note in page for note in notes(found))
    assert table(found).row_count == 1


def test_a_row_too_noisy_to_show_a_slowdown_says_so() -> None:
    noisy, quiet = (following_times(100, seed=1, spread=spread) for spread in (0.5, 0.01))

    def said(times: Any) -> list[str]:
        return notes(compare(result_of(run_of(times)), result_of(run_of(times)), resamples=400))

    assert said(quiet) == []
    (note,) = said(noisy)
    assert note.startswith("in 1 of 1 rows the interval reaches further than the tolerance")
