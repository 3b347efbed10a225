"""The page is that of the stored results, and says what is over."""

from pathlib import Path

from apps.bench.planning.page import page
from tests.apps.bench.latency.result_files import written
from tests.apps.bench.planning.target_files import row

RESULTS = Path(__file__).parents[4] / "docs" / "dev" / "bench" / "planning"


def test_errors_and_what_is_over_are_told(tmp_path: Path) -> None:
    fitted = [row(["malvar2004"], 10.0 * mp, (1000, 1000 * mp)) for mp in (1, 2)]
    written(tmp_path / "fit-1.json", *fitted)
    written(tmp_path / "held-1.json", row(["malvar2004"], 4.0, (500, 1000)),
            row(["malvar2004"], 15.0, (1000, 1500), peak_memory_bytes=None),
            load_average_at_start=[3.0, 2.0, 1.0])  # fmt: skip

    text = page(tmp_path)

    assert (
        "| malvar2004 | torch-eager fp32 | other sizes | 0.50 | 2.0x | 5.0 | 4.0 | +25 % |" in text
    )
    assert "| 1.50 | inside | 15.0 | 15.0 | +0 % | one run | 50 |  |" in text
    assert "1 of 2 are within 20 % in time; the worst is +25 % (malvar2004" in text
    assert "Memory: 1 of 1 within 20 %" in text
    assert "load average 0.5 to 3.0" in text


def test_the_page_in_the_docs_is_that_of_the_stored_results() -> None:
    stored = (RESULTS / "predicted.md").read_text(encoding="utf-8")

    assert page(RESULTS) == stored
