"""Pages and pictures are written whole, or not at all and with one sentence."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from apps.report.pages import write_page, write_pictures
from isp.core.errors import UsageError


def test_a_page_is_written_or_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_page(lambda: "ΔE00\n", tmp_path / "a.md") == 0
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "ΔE00\n"
    assert capsys.readouterr().out == ""

    assert write_page(lambda: "ΔE00\n", None) == 0
    assert capsys.readouterr().out == "ΔE00\n"


def test_a_page_is_replaced_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "a.md"
    page.write_text("mine")

    assert write_page(lambda: "new", page) == 3
    assert page.read_text() == "mine"
    assert "a.md: it exists already" in capsys.readouterr().err

    assert write_page(lambda: "new", page, force=True) == 0
    assert page.read_text() == "new"


def test_a_page_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def make() -> str:
        raise UsageError("FULLWELL_DATA is not a folder")

    assert write_page(make, tmp_path / "a.md") == 2
    assert capsys.readouterr().err == "error: FULLWELL_DATA is not a folder\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG")])
def test_pictures_are_drawn_into_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, kind: str
) -> None:
    drawn = []

    def draw() -> Figure:
        drawn.append(1)
        return Figure(figsize=(2, 1))

    folder = tmp_path / "images"

    assert write_pictures({"a": draw, "b": draw}, folder, suffix) == 0
    assert capsys.readouterr().out.split() == [(folder / f"{n}{suffix}").as_posix() for n in "ab"]
    with Image.open(folder / f"a{suffix}") as picture:
        assert picture.format == kind
        assert b"Matplotlib" not in (folder / f"a{suffix}").read_bytes()

    assert write_pictures({"a": draw}, folder, suffix) == 3
    assert len(drawn) == 2  # refused before any work
