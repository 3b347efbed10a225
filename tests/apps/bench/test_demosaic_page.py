"""The page of a demosaic run holds the record's figures, every row alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench.demosaic_page import mean, page

ROOT = Path(__file__).resolve().parents[3]


def figures(psnr: float) -> dict[str, float]:
    return {
        "psnr_srgb_db": psnr, "psnr_linear_db": psnr + 1, "delta_e_2000_mean": 1.25,
        "zipper_percent": 12.5, "noisy_psnr_srgb_db": 25.0, "noisy_psnr_linear_db": 27.0,
    }  # fmt: skip


def row(name: str, first: float, second: float, *, ours: bool) -> dict[str, Any]:
    photographs = {"one": figures(first), "two": figures(second)}
    return {
        "name": name, "ours": ours, "ms_per_megapixel": 81.4,
        "photographs": photographs,
    }  # fmt: skip


def record(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": "2026-01-01", "photographs": {"one": [20, 30], "two": [40, 50]}, "border": 8,
        "rounds": 3, "noise": {"full_scale_e": 1000.0, "read_noise_e": 3.0, "seed": 7},
        "machine": {"python": "3.11", "machine": "x86_64", "threads": 1,
                    "load_average_at_start": 0.1, "versions": {"torch": "2"}},
        "tables": {"RGGB": list(rows)},
    }  # fmt: skip


def test_a_row_has_the_means_over_the_photographs() -> None:
    text = page(record(row("mine", 30, 40, ours=True), row("theirs", 31, 36, ours=False)))

    assert mean(row("mine", 30, 40, ours=True), "psnr_srgb_db") == 35
    assert "| mine | 35.00 | 36.00 | 1.25 | 12.5 | 25.00 | 27.00 | 81 |" in text
    assert "| theirs | 31.00 | 36.00 |" in text
    assert "one 30 x 20, two 50 x 40" in text


@pytest.mark.parametrize(
    ("own", "said"), [(40.0, "Our best is 4.00 dB above"), (30.0, "Our best is 6.00 dB below")]
)
def test_the_page_says_who_is_ahead_whoever_it_is(own: float, said: str) -> None:
    text = page(record(row("mine", own, own, ours=True), row("theirs", 36, 36, ours=False)))

    assert f"{said} the best of the others, theirs; in linear light" in text


def test_the_page_in_the_documentation_is_that_of_the_record_beside_it() -> None:
    kept = json.loads((ROOT / "docs/dev/bench/demosaic_quality.json").read_text(encoding="utf-8"))

    assert (ROOT / "docs/demosaic.md").read_text(encoding="utf-8") == page(kept)
