"""The page holds each stop's pictures, histogram and numbers."""

import numpy as np
import torch

from apps.diff.comparison import compare
from apps.diff.diffing import Comparison
from apps.diff.page import add_numbers, add_stops, small, value_histogram
from apps.report.report import Report
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.frame import Frame


def a_frame(value: float) -> Frame:
    return Frame.start(torch.full((1, 3, 4, 6), value), Domain.LINEAR, colour=Colour())


def test_a_stop_becomes_a_heading_three_pictures_a_figure_and_two_rows() -> None:
    report = Report("a against b")
    frames = a_frame(0.25), a_frame(0.5)
    stop = compare(("tone", "curve"), *frames, tolerance=0.0)

    add_stops(report)(stop, *frames)
    add_numbers(
        report, Comparison(first="a", second="b", raw=None, tolerance=0.0, stops=(stop,))
    )  # fmt: skip

    page = report.html()
    assert "tone / curve (LINEAR)" in page
    assert page.count("data:image/png") == 3
    assert page.count("data:image/svg") == 1
    assert "white is 0.25" in page
    assert page.count(">departs</td>") == 2


def test_equal_frames_are_shown_once() -> None:
    report = Report("a against b")
    frames = a_frame(0.25), a_frame(0.25)

    add_stops(report)(compare(("tone", "tone"), *frames, tolerance=0.0), *frames)

    page = report.html()
    assert page.count("data:image/png") == 1
    assert "equal to the bit" in page


def test_a_stop_of_one_side_shows_that_side() -> None:
    from apps.diff.comparison import Difference

    report = Report("a against b")
    alone = Difference(first=None, second="denoise", domain="LINEAR")

    add_stops(report)(alone, None, a_frame(0.5))

    page = report.html()
    assert page.count("data:image/png") == 1
    assert "only in the second" in page


def test_a_large_picture_is_shown_by_means_of_whole_blocks() -> None:
    pixels = np.zeros((4, 9, 3), np.uint8)
    pixels[:, ::2] = 100

    shown = small(pixels, 3)

    assert shown.shape == (1, 3, 3)
    # Columns 0-2 hold 100, 0, 100 and so on in turns.
    assert shown[0, :, 0].tolist() == [67, 33, 67]
    assert small(pixels, 9) is pixels


def test_the_histogram_counts_both_sides_in_common_bins() -> None:
    figure = value_histogram(a_frame(0.25), a_frame(0.5), bins=10)

    stairs = figure.axes[0].patches
    assert len(stairs) == 6
    filled, line = stairs[0].get_data(), stairs[3].get_data()
    assert np.array_equal(filled.edges, line.edges)
    assert (filled.edges[0], filled.edges[-1]) == (0.25, 0.5)
    assert (filled.values[0], line.values[-1]) == (24, 24)


def test_values_that_are_not_finite_have_no_bin_and_are_white_in_the_difference() -> None:
    report = Report("a against b")
    first, second = a_frame(0.25), a_frame(0.5)
    second.data[0, 0, 1, 2] = float("nan")
    second.data[0, 1, 0, 0] = float("inf")
    stop = compare(("tone", "tone"), first, second, tolerance=0.0)

    add_stops(report)(stop, first, second)

    page = report.html()
    assert "1 value is NaN, 1 value is infinite" in page
    assert "white is 0.25 or not finite" in page
