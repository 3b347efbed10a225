"""The demo's report holds every stage, the masks, the noise and the errors, in one file."""

import html
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from apps.demo_report import FEWEST, STAGE_WORDS
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.files.profile import load_profile
from tests.apps.conftest import DemoRun

STAGES = ("expected", "read", *presets("srgb", Cfa.RGGB).names)


class Page(HTMLParser):
    """The words, the pictures and the cells of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.in_cell = tag in ("td", "th")
        if tag == "tr":
            self.rows.append([])
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_data(self, data: str) -> None:
        if self.in_cell and data.strip():
            self.rows[-1].append(data.strip())
            self.in_cell = False


@pytest.fixture(scope="module")
def text(demo_run: DemoRun) -> str:
    return (demo_run.folder / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_report_reaches_for_nothing_outside_itself(text: str, page: Page) -> None:
    outside = re.sub(r"data:image/[^\"]*", "", text)

    assert "http" not in outside
    assert not {"script", "link", "iframe"} & page.tags
    assert page.pictures
    assert all(source.startswith("data:image/") for source in page.pictures)


def test_it_names_no_path_and_no_machine(text: str, demo_run: DemoRun) -> None:
    outside = re.sub(r"data:image/[^\"]*", "", text)

    assert str(demo_run.folder) not in outside
    assert not re.search(r"(/home|/root|/tmp|/work)/", outside)


def test_every_stage_is_shown_with_its_domain_and_what_it_does(text: str) -> None:
    words = html.unescape(text)

    for stage in STAGES:
        assert re.search(rf"{stage} \([A-Z]+\): {re.escape(STAGE_WORDS[stage])}", words), stage


def test_every_picture_of_the_job_is_there(page: Page) -> None:
    # The result, three side by side, its masks, histogram and noise; each stage and its masks.
    assert len(page.pictures) == 1 + 3 + 1 + 2 + 2 * len(STAGES)


def test_every_stage_has_its_masks_beside_it(text: str) -> None:
    words = html.unescape(text)

    for stage in STAGES:
        assert f"{stage}: masks" in words, stage


def test_the_capture_is_described_with_its_numbers(text: str) -> None:
    words = html.unescape(text)

    found = re.search(r"A room of ([\d.]+) stops", words)
    assert found is not None
    assert float(found[1]) >= 16
    for fact in ("NikonD850", "ISO 400", "0.04 s", "f-number 2.8", "seed 1"):
        assert fact in words
    assert re.search(r"[\d.]+ % of the photosites are clipped", words)


def test_the_table_sets_both_programs_against_the_truth(page: Page, demo_run: DemoRun) -> None:
    head, *rows = [row for row in page.rows if row]
    assert head[:2] == ["program", "PSNR dB, all"]
    by_name = {row[0]: [float(cell) for cell in row[1:]] for row in rows}
    assert list(by_name) == [
        "fullwell, gbtf_root", "fullwell, Malvar 2004", "fullwell, bilinear", "LibRaw, AHD",
        "LibRaw, LINEAR",
    ]  # fmt: skip
    for name, (*_, patches) in by_name.items():
        assert 0 < patches < 5, name
    line = next(x for x in demo_run.out.splitlines() if x.startswith("fullwell, gbtf_root"))
    said = re.search(r"PSNR ([\d.]+) dB and mean ΔE00 ([\d.]+)", line)
    assert said is not None
    shown = by_name["fullwell, gbtf_root"]
    assert shown[1] == pytest.approx(float(said[1]), abs=0.006)
    assert shown[3] == pytest.approx(float(said[2]), abs=0.006)


def test_malvar_beats_bilinear_where_everything_was_measured(page: Page) -> None:
    by_name = {row[0]: row[1:] for row in page.rows if row}

    assert float(by_name["fullwell, Malvar 2004"][1]) > float(by_name["fullwell, bilinear"][1])


def test_noise_is_drawn_as_measured_points_over_the_model(text: str) -> None:
    words = html.unescape(text)

    assert "Noise: model and measurement" in words
    assert "Light in stops" in words
    assert "Magenta: lost to saturation" in words


def test_the_measured_noise_lies_on_the_models_line(demo_run: DemoRun) -> None:
    noise = demo_run.noise
    model = np.interp(noise["mean"], noise["model_mean_dn"], noise["model_variance_dn2"])

    ratio = noise["variance"] / model

    # Half a squared difference has a relative standard deviation of sqrt(2); a bin holds FEWEST.
    assert len(ratio) >= 25
    assert abs(ratio - 1).max() < 5 * np.sqrt(2 / FEWEST)
    assert abs(ratio.mean() - 1) < 5 * np.sqrt(2 / FEWEST / len(ratio))


def test_the_models_line_is_gain_times_signal_over_the_floor(demo_run: DemoRun) -> None:
    noise = demo_run.noise
    reading = next(r for r in load_profile("NikonD850").readings if r.iso == 400)
    gain = reading.system_gain_dn_per_e

    floor = gain**2 * (reading.read_noise_e**2 + reading.row_noise_e**2) + 1 / 12
    np.testing.assert_allclose(
        noise["model_variance_dn2"], gain * noise["model_mean_dn"] + floor, rtol=1e-6
    )
