"""The command makes the page of the docs from the stored records, and says what it lacks."""

from pathlib import Path

import pytest

from apps.bench import quality

ROOT = Path(__file__).parents[3]


def test_a_training_without_light_is_listed_with_what_is_missing(tmp_path: Path) -> None:
    quality.main(
        ["exposure-diffusion", "--run", "--only", "ED-3", "--records", str(tmp_path / "records"),
         "-o", str(tmp_path / "page.md")]
    )  # fmt: skip

    assert "training needs --light" in (tmp_path / "page.md").read_text()


def test_an_account_that_nobody_keeps_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        quality.main(["deep-isp"])
    assert "exposure-diffusion" in capsys.readouterr().err


def test_the_page_of_the_docs_is_what_the_records_say(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()

    code = quality.main(
        ["exposure-diffusion", "--records", str(ROOT / quality.RECORDS),
         "-o", str(folder / "exposure-diffusion.md")]
    )  # fmt: skip

    assert code == 0
    assert (folder / "exposure-diffusion.md").read_text() == (ROOT / quality.ACCOUNT).read_text()
    assert (folder / "images" / "exposure-diffusion-ratio.png").stat().st_size > 10_000
