"""The page of found defects: a row for each mosaic, recall by amplitude."""

import pytest

from apps.defect_scores_page import Score, page

ROW = Score(
    name="a.raw", photosites=200_000, false_positives=2,
    found_of=((0, 10), (5, 10), (9, 10), (20, 20), (0, 0)),
)  # fmt: skip


def test_recall_counts_the_defects_from_an_amplitude_up() -> None:
    assert ROW.recall(0) == pytest.approx(34 / 50)
    assert ROW.recall(9) == pytest.approx(29 / 30)
    assert ROW.recall(30) == 1  # of none
    assert ROW.false_share == pytest.approx(1e-5)


def test_the_page_says_how_it_was_made_and_has_a_row_for_each() -> None:
    text = page([ROW], [ROW, ROW], "bench", {"sigmas": 5.0}, "python -m apps.defect_scores")

    assert "```\npython -m apps.defect_scores\n```" in text
    assert "| a.raw | 0.000 (10) | 0.500 (10) | 0.900 (10) | 1.000 (20) | - | 2 | 1.0e-05 |" in text
    assert text.count("| a.raw |") == 3
    assert "Simulated, bench" in text
