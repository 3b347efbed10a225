"""A question is checked before the work, and answered with a page where one is wanted."""

from pathlib import Path

import pytest

from apps.diff.asking import Question, answer
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.errors import OutputError, UsageError
from tests.apps.samples import left_in


def test_each_stage_is_told_and_the_page_is_written(tmp_path: Path, grey_dng: Path) -> None:
    named: list[str] = []
    recipe = tmp_path / "mine.json"
    recipe.write_text(preset("hdr_linear", Cfa.RGGB).as_json())
    question = Question(
        first="srgb", second=str(recipe), raws=(grey_dng,), output=tmp_path / "page.html"
    )

    (found,) = answer(question, named.append)

    assert named == [stop.label for stop in found.stops]
    page = (tmp_path / "page.html").read_text()
    assert "srgb against mine.json" in page
    assert "Raw file: grey.dng" in page
    assert "srgb and mine.json over grey.dng: alike within" in page
    assert str(tmp_path) not in page
    assert left_in(tmp_path) == ["mine.json", "page.html"]


@pytest.mark.parametrize("tolerance", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_that_is_none_is_refused(tolerance: float) -> None:
    with pytest.raises(UsageError, match="a tolerance is 0 or more"):
        answer(Question(first="srgb", second="srgb", tolerance=tolerance))


def test_a_page_that_cannot_be_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("mine")
    missing = Path("none.dng")

    with pytest.raises(OutputError, match="exists already"):
        answer(
            Question(first="srgb", second="srgb", raws=(missing,), output=tmp_path / "page.html")
        )
    with pytest.raises(UsageError, match=r"is written as \.html"):
        answer(Question(first="srgb", second="srgb", raws=(missing,), output=tmp_path / "p.pdf"))
