"""The page of the round trip: one row a photograph, and all of them as one."""

from dataclasses import replace

import pytest

from apps.unprocess_table import RoundTrip, page, total

ROW = RoundTrip(
    name="a.jpg", pixels=100, compared_percent=80.0, out_of_gamut_percent=0.0, largest_codes=0.0,
    mean_codes=0.0, psnr_db=float("inf"), psnr_all_db=60.0, mosaic_mean_codes=1.0,
    mosaic_psnr_db=30.0, mosaic_psnr_all_db=40.0,
)  # fmt: skip
OTHER = replace(
    ROW, name="b.png", pixels=300, compared_percent=40.0, largest_codes=2.0, mean_codes=0.5,
    psnr_db=50.0, mosaic_mean_codes=3.0, mosaic_psnr_db=20.0,
)  # fmt: skip


def test_all_is_every_pixel_once() -> None:
    """80 pixels compared of the one and 120 of the other: weights 0.4 and 0.6."""
    every = total([ROW, OTHER])

    assert every.pixels == 400
    assert every.compared_percent == pytest.approx(50.0)
    assert every.largest_codes == 2.0
    assert every.mean_codes == pytest.approx(0.3)
    assert every.mosaic_mean_codes == pytest.approx(2.2)
    # Squared error: none in 0.4 of them, 1e-5 in 0.6: 6e-6.
    assert every.psnr_db == pytest.approx(52.218, abs=1e-3)
    assert every.psnr_all_db == pytest.approx(60.0)
    # 0.4 of 1e-3 and 0.6 of 1e-2 is 6.4e-3.
    assert every.mosaic_psnr_db == pytest.approx(21.938, abs=1e-3)
    assert total([ROW]).psnr_db == float("inf")


def test_the_page_says_how_it_was_made_and_has_a_row_for_each() -> None:
    text = page([ROW, OTHER], "bench", 0.9, "python -m apps.unprocessing a.jpg b.png")

    assert "```\npython -m apps.unprocessing a.jpg b.png\n```" in text
    assert "unprocessed for bench" in text
    assert "| a.jpg | 80.0 | 0.00 | 0 | 0.0000 | inf | 60.0 | 1.00 | 30.0 | 40.0 |" in text
    assert text.rstrip().splitlines()[-1].startswith("| **all 2** | 50.0 |")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
