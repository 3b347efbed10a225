"""The page of found defects: a row for each mosaic, recall by amplitude."""

import math
from dataclasses import replace

import pytest

from apps.defect_scores_page import Score, page, summed

ROW = Score(
    name="a.raw", photosites=200_000, false_positives=2,
    found_of=((0, 10), (5, 10), (9, 10), (20, 20), (0, 0), (0, 0)),
)  # fmt: skip


def test_recall_counts_the_defects_from_an_amplitude_up() -> None:
    assert ROW.recall(0) == pytest.approx(34 / 50)
    assert ROW.recall(9) == pytest.approx(29 / 30)
    assert ROW.recall(30) == 1  # of none
    assert ROW.false_share == pytest.approx(1e-5)


def test_the_page_says_how_it_was_made_and_has_a_row_for_each() -> None:
    text = page(
        [ROW], [ROW, ROW], [ROW], [ROW], "bench", {"sigmas": 5.0}, "python -m apps.defect_scores"
    )  # fmt: skip

    assert "```\npython -m apps.defect_scores\n```" in text
    assert "| a.raw | 0.000 (10) | 0.500 (10) | 0.900 (10) | 1.000 (20) | - | - |" in text
    assert "| 2 | 1.0e-05 | 3.1e-05 |" in text
    assert text.count("| a.raw |") == 5
    assert "Simulated, bench" in text


def test_the_upper_bound_of_a_count_is_that_of_poisson() -> None:
    """exp(-3.0) = 0.05 for none; with 2 found exp(-6.3) (1 + 6.3 + 6.3^2 / 2) = 0.05."""
    none = replace(ROW, false_positives=0)

    assert none.most_false * none.photosites == pytest.approx(-math.log(0.05), rel=1e-6)
    assert ROW.most_false * ROW.photosites == pytest.approx(6.296, abs=1e-3)


def test_summed_rows_add_counts_and_mean_the_squared_errors() -> None:
    """Errors of 1e-4 and 0 over as many photosites: 5e-5, 43.01 dB."""
    both = summed("two", [replace(ROW, harm_db=40.0), ROW])

    assert both.found_of[1] == (10, 20)
    assert (both.photosites, both.false_positives) == (400_000, 4)
    assert both.harm_db == pytest.approx(43.0103, abs=1e-4)
    assert summed("none", [ROW, ROW]).harm_db == math.inf
