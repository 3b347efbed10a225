"""The page of a noise calibration is one file, and every chart has its numbers beside it."""

import base64
import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from apps.noise_calibration import NoiseCalibration
from apps.noise_page import Given, noise_page, refuse_page
from apps.report.chart import Chart, Series
from isp.core.errors import OutputError, UsageError

CHARTS = (
    "photon_transfer", "mean_variance", "mean_variance_residuals", "snr", "linearity",
    "linearity_error", "dark_level", "dark_current_temperature", "tukey_lambda_ppcc",
    "probability_plot", "banding", "dsnu_histogram", "dsnu_accumulated", "dsnu_spectrogram",
    "prnu_histogram", "prnu_accumulated", "prnu_spectrogram", "defects", "dark_shading",
)  # fmt: skip


class Links(HTMLParser):
    """Every figure, its links, and all addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.figures: list[list[dict[str, str | None]]] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [found[key] or "" for key in ("src", "href") if key in found]
        if tag == "figure":
            self.figures.append([])
        elif tag == "a" and "download" in found:
            self.figures[-1].append(found)

    def files(self) -> dict[str, str]:
        """Text of every download by its name."""
        return {
            link["download"] or "": base64.b64decode((link["href"] or "").split(",")[1]).decode()
            for links in self.figures
            for link in links
        }


@pytest.fixture(scope="module")
def page(calibrated: NoiseCalibration) -> str:
    """The page, with one chart given to it."""
    given = Chart(
        name="given", caption="A <curve> & more", x_label="x", y_label="y", alt="a curve",
        series=[Series("s", [0, 1], [2, 3])],
    )  # fmt: skip
    return noise_page(calibrated, {"Response": given}).html()


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    links = Links(page)

    outside = [a for a in links.addresses if not a.startswith(("data:", "#"))]
    assert outside == []
    plain = re.sub(r'data:[^"]*', "", page)
    assert "http" not in plain
    assert "url(" not in plain
    assert "<script" not in plain


def test_every_chart_has_its_data(page: str) -> None:
    links = Links(page)

    assert links.figures
    assert all(links.figures)
    names = [f"iso100_{name}.csv" for name in CHARTS]
    assert set(links.files()) == {*names, "iso100_dark_shading_map.csv", "given.csv"}


def test_the_data_are_the_measured_numbers(page: str, calibrated: NoiseCalibration) -> None:
    rows = list(csv.DictReader(io.StringIO(Links(page).files()["iso100_mean_variance.csv"])))
    (transfer,) = calibrated.found[0].sites.values()

    points = [row for row in rows if row["series"] == "sensor"]
    signal = [float(row["signal above the dark (DN)"]) for row in points]
    variance = [float(row["variance above the dark (DN²)"]) for row in points]
    np.testing.assert_allclose(signal, transfer.signal_dn, rtol=1e-6)
    excess = transfer.variance_dn2 - transfer.dark_variance_dn2
    np.testing.assert_allclose(variance, excess, rtol=1e-6)


def test_text_is_escaped_and_figures_are_printed(page: str) -> None:
    assert "A &lt;curve&gt; &amp; more" in page
    assert "system_gain_dn_per_e" in page
    assert "Poisson and Gaussian noise say all" in page
    assert "No band rises" in page
    assert "NoiseProfile" in page


def test_both_schemes_can_be_chosen(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert {"as-system", "as-light", "as-dark"} <= set(re.findall(r'id="([^"]+)"', page))


def test_a_page_is_html_and_replaces_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"written as \.html"):
        refuse_page(tmp_path / "page.pdf", force=False)
    (tmp_path / "page.html").touch()
    with pytest.raises(OutputError):
        refuse_page(tmp_path / "page.html", force=False)


def test_what_is_not_given_has_no_chart() -> None:
    assert Given().charts() == {}
