"""Figures show the numbers they are given, and masks in their colours."""

import numpy as np
import pytest

from apps.report.figures import (
    CLIPPED,
    COVER,
    GENERATED,
    UNMEASURED,
    mask_overlay,
    noise_curve,
    stops_histogram,
)
from isp.core.errors import FrameError


def test_a_histogram_in_stops_puts_half_of_white_one_stop_below_it() -> None:
    half = np.full(100, 0.52)

    figure = stops_histogram({"G": half})

    shares, edges, _ = figure.axes[0].patches[1].get_data()
    here = np.argmax(shares)
    assert shares[here] == pytest.approx(100)
    assert edges[here] == pytest.approx(-1)


def test_the_legend_says_what_is_measured_and_what_is_dark() -> None:
    values = np.array([0.0, 0.1, 0.5, 1.0])

    figure = stops_histogram({"R": values}, {"R": np.array([True, True, True, False])})

    (text,) = figure.axes[0].get_legend().get_texts()
    assert text.get_text() == "R: 75 % measured, 25 % at or below 0"


def test_only_the_measured_part_is_filled() -> None:
    values = np.array([0.3, 0.3, 0.9, 0.9])

    figure = stops_histogram({"B": values}, {"B": values < 0.5})

    filled, outline = (patch.get_data()[0].sum() for patch in figure.axes[0].patches)
    assert (filled, outline) == (50, 100)


def test_a_histogram_of_nothing_is_refused() -> None:
    with pytest.raises(FrameError, match="one channel or more"):
        stops_histogram({})


def test_noise_is_drawn_as_points_over_the_models_line() -> None:
    mean = np.array([0.0, 1.0, 10.0, 100.0])
    model = np.array([100.0, 1.0, 10.0])

    figure = noise_curve(mean, 2 * mean + 1, model_mean_dn=model, model_variance_dn2=2 * model + 1)

    axes = figure.axes[0]
    points, line = axes.get_lines()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert points.get_xdata().tolist() == [1, 10, 100]
    assert line.get_ydata().tolist() == [3, 21, 201]
    assert points.get_label() == "measured (1 at or below 0 left out)"


def test_a_mean_without_its_variance_is_refused() -> None:
    with pytest.raises(FrameError, match="got 2 and 3 measured"):
        noise_curve([1, 2], [1, 2, 3], model_mean_dn=[1], model_variance_dn2=[1])


def test_masks_take_their_colours_and_clipped_wins_over_unmeasured() -> None:
    grey = np.full((1, 3, 3), 100, np.uint8)
    clipped = np.array([[True, False, False]])
    measured = np.array([[False, False, True]])

    painted = mask_overlay(grey, measured=measured, clipped=clipped)

    for pixel, colour in zip(painted[0, :2], (CLIPPED, UNMEASURED), strict=True):
        expected = np.rint(100 + COVER * (np.array(colour) - 100.0))
        np.testing.assert_array_equal(pixel, expected)
    assert painted[0, 2].tolist() == [100, 100, 100]


def test_generated_pixels_are_hatched_and_show_the_picture_between() -> None:
    grey = np.full((60, 60, 3), 100, np.uint8)
    generated = np.zeros((60, 60), dtype=bool)
    generated[20:40, 20:40] = True

    painted = mask_overlay(grey, generated=generated)

    yellow = (painted == GENERATED).all(axis=2)
    assert not yellow[~generated].any()
    assert 0.25 < yellow[generated].mean() < 0.45
    assert (painted[generated & ~yellow] == 100).all()


def test_the_picture_itself_is_left_alone() -> None:
    grey = np.full((4, 4, 3), 100, np.uint8)
    mask_overlay(grey, clipped=np.ones((4, 4), dtype=bool))

    assert (grey == 100).all()


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(FrameError, match="mask clipped"):
        mask_overlay(np.zeros((4, 4, 3), np.uint8), clipped=np.ones((2, 4), dtype=bool))
