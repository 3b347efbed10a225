"""The page and the picture show every patch beside its reference."""

from pathlib import Path

import numpy as np
import pytest

from apps.colour_check import ColourCheck, compare_patches
from apps.colour_check_page import (
    LEGEND,
    OUTLINE,
    SWATCH,
    outlined,
    patch_picture,
    report_of,
    sentence,
    with_legend,
    write_check,
)
from calibration.chart import Chart
from calibration.colour_checker import NAMES, reference_linear
from isp.core.errors import OutputError, UsageError
from tests.apps.samples import read_codes

MEASURED = np.arange(24) != 18


def a_check() -> ColourCheck:
    linear = reference_linear()
    linear[14] = [0.2, 0.3, 0.4]  # red is not red
    corners = np.array([[10.0, 10.0], [60.0, 10.0], [60.0, 40.0], [10.0, 40.0]])
    return ColourCheck(
        source="chart.dng",
        camera="any",
        chart=Chart(corners=corners),
        found=False,
        measured=MEASURED,
        picture=np.full((60, 80, 3), 50, np.uint8),
        results={"chart": compare_patches("chart", (2.0, 1.0, 1.5), linear, MEASURED)},
    )


def test_the_sentence_names_balance_figures_and_the_worst_patch() -> None:
    told = sentence(a_check().results["chart"])

    assert told.startswith("White balance of the chart's middle greys (2, 1, 1.5): ΔE00 mean ")
    assert "(red); after a 3x3 matrix" in told


def test_the_page_has_conditions_pictures_and_a_row_for_each_patch() -> None:
    page = report_of(a_check()).html()

    assert "averaged in linear light" in page
    assert "under D50" in page
    assert page.count("data:image/png") == 2
    for name in NAMES:
        assert f"<td>{name}</td>" in page
    assert page.count("not measured") == 2  # white, before and after


def test_each_swatch_is_the_reference_around_what_was_seen() -> None:
    linear = reference_linear()
    linear[1] = [1.0, 0.0, 0.0]

    picture = patch_picture(linear)

    middle = SWATCH // 2
    assert picture.shape == (4 * SWATCH, 6 * SWATCH, 3)
    assert picture[middle, SWATCH + middle].tolist() == [255, 0, 0]
    assert picture[2, SWATCH + 2].tolist() != [255, 0, 0]
    assert picture[middle, middle].tolist() == picture[2, 2].tolist()  # patch 0 is as it should be


def test_the_picture_has_a_legend_and_the_patches_keep_their_colours() -> None:
    result = a_check().results["chart"]

    shown, patches = with_legend(result), patch_picture(result.linear)

    below = shown[4 * SWATCH :]
    assert 0.02 < (below < 100).mean() < 0.3  # dark words on white
    assert (below[:, -1] == 255).all()  # which end before the border
    swatches = shown[: 4 * SWATCH].reshape(4, SWATCH, 6, SWATCH, 3)
    same = (swatches == patches.reshape(swatches.shape)).all(axis=-1)
    assert same[:, :12].all()  # the reference
    assert same.mean() > 0.8
    assert not same.all(axis=(1, 3)).any()  # a number on every patch


def test_windows_are_outlined_on_the_picture() -> None:
    shown = outlined(a_check())

    # Window 8..12 around (10, 10); cut out from a pitch (10) before it, so at the border: 0.
    assert shown[8, 8].tolist() == list(OUTLINE)
    assert shown[10, 10].tolist() == [50, 50, 50]


def test_a_page_or_a_picture_is_written_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.html", "a.png"):
        write_check(a_check(), tmp_path / name)
    assert read_codes(tmp_path / "a.png").shape == (4 * SWATCH + LEGEND, 6 * SWATCH, 3)
    with pytest.raises(OutputError, match="exists already"):
        write_check(a_check(), tmp_path / "a.html")
    with pytest.raises(UsageError, match=r"written as \.html or \.png"):
        write_check(a_check(), tmp_path / "a.pdf")
