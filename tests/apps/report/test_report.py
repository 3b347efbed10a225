"""A report is one file that parses, says what it was told, and reaches for nothing else."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from apps.report.report import Picture, Report
from isp.core.errors import FrameError, OutputError, UsageError

VOID = {"meta", "img", "br", "hr", "link", "input"}
GRADIENT = np.repeat(np.arange(240, dtype=np.uint8).reshape(12, 20, 1), 3, axis=2)


class Outline(HTMLParser):
    """Reads a page and refuses elements that are not closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def a_report() -> Report:
    figure = Figure()
    figure.add_subplot().plot([1, 2], [3, 4])
    report = Report("Demo & more", "A scene <photographed>")
    report.add_heading("Pictures")
    report.add_text("First line\nsecond line")
    report.add_picture("One picture", GRADIENT, "a grey ramp")
    report.add_pictures(
        [Picture("Left half", GRADIENT[:, :10], "left"), Picture("Mask", GRADIENT[..., 0], "mask")]
    )
    report.add_heading("Numbers")
    report.add_figure("A line", figure, 'it rises from "3" to 4')
    report.add_table(["name", "psnr_db", "n"], [["ours", 31.41592, 3], ["theirs", 30.0, 12]], "dB")
    return report


def test_the_page_is_well_formed_and_holds_every_caption() -> None:
    outline = Outline(a_report().html())
    words = "".join(outline.words)

    for text in (
        "Demo & more",
        "A scene <photographed>",
        "First line\nsecond line",
        *("One picture", "Left half", "Mask", "A line", "dB", "31.42", "Pictures", "Numbers"),
    ):
        assert text in words
    assert len(outline.of("h1")) == 1
    assert len(outline.of("h2")) == 2


def test_every_picture_has_a_text_and_lives_inside_the_page() -> None:
    pictures = Outline(a_report().html()).of("img")

    assert [picture["alt"] for picture in pictures] == [
        *("a grey ramp", "left", "mask", 'it rises from "3" to 4')
    ]
    assert all((picture["src"] or "").startswith("data:image/") for picture in pictures)


def test_links_lead_to_places_on_the_page() -> None:
    outline = Outline(a_report().html())

    places = {attributes.get("id") for _, attributes in outline.seen}
    targets = [link["href"] or "" for link in outline.of("a")]
    assert len(targets) == 2
    assert all(target.startswith("#") and target[1:] in places for target in targets)


def test_the_page_needs_no_network_no_script_and_names_no_path(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    a_report().write(place)
    page = place.read_text("utf-8")
    outside = re.sub(r"data:image/[^\"]*", "", page)

    assert "http" not in outside
    assert "url(" not in outside
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in Outline(page).seen}
    assert str(tmp_path) not in page
    assert not re.search(r"(/home|/root|/tmp|/work|/usr|[A-Z]:\\)", outside)


def test_the_figures_vectors_name_no_path_and_no_tool() -> None:
    source = Outline(a_report().html()).of("img")[-1]["src"] or ""
    drawing = base64.b64decode(source.split(",")[1]).decode()

    assert "<svg" in drawing
    assert "matplotlib.org" not in drawing
    assert not re.search(r"(/home|/root|/tmp|/work)/", drawing)


def test_a_picture_keeps_its_pixels() -> None:
    source = Outline(a_report().html()).of("img")[0]["src"] or ""
    pixels = imread(io.BytesIO(base64.b64decode(source.split(",")[1])), format="png")

    np.testing.assert_array_equal(np.rint(pixels[..., :3] * 255).astype(np.uint8), GRADIENT)


def test_light_and_dark_schemes_are_both_there() -> None:
    page = a_report().html()

    assert 'content="light dark"' in page
    assert "prefers-color-scheme: dark" in page


def test_the_same_report_is_written_twice_alike() -> None:
    assert a_report().html() == a_report().html()


def test_columns_of_numbers_stand_to_the_right() -> None:
    heads = Outline(a_report().html()).of("th")

    assert [head.get("class") for head in heads] == [None, "number", "number"]


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text("mine")

    with pytest.raises(OutputError):
        a_report().write(place)
    assert place.read_text() == "mine"
    a_report().write(place, force=True)
    assert place.read_text().startswith("<!DOCTYPE html>")


def test_what_cannot_be_shown_is_refused() -> None:
    report = Report("Nothing")

    with pytest.raises(FrameError, match=r"float64 \(2, 2, 3\)"):
        report.add_picture("Light", np.zeros((2, 2, 3)), "dark")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="who cannot see it"):
        report.add_picture("Grey", GRADIENT, " ")
    with pytest.raises(UsageError, match="rows of 2 cells, got 1"):
        report.add_table(["a", "b"], [["one"]])
