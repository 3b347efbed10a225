"""Histograms count every photosite, and leave none between two bins."""

import numpy as np
import pytest

from calibration.pattern_histogram import pattern_histogram, robust_deviation


def normal(deviation: float = 2.0) -> np.ndarray:
    """A normal pattern of 200 x 300."""
    return np.random.Generator(np.random.Philox(8)).normal(0, deviation, (200, 300))


def test_a_normal_pattern_lies_on_its_normal_law() -> None:
    found = pattern_histogram(normal())

    assert found.counts.sum() + found.below + found.above == 60_000
    well = found.normal > 100
    away = (found.counts - found.normal)[well] / found.normal[well] ** 0.5
    assert np.abs(away).max() < 5
    assert found.robust_deviation == pytest.approx(2.0, rel=5 * 1.17 / 60_000**0.5)


def test_every_bin_of_a_mean_of_whole_numbers_can_be_filled() -> None:
    step = 1 / 16
    found = pattern_histogram(np.round(normal(0.6) / step) * step, step=step)

    middle = np.abs(found.edges[:-1]) < 0.6
    assert (found.counts[middle] > 0).all()
    widths = np.diff(found.edges) / step
    np.testing.assert_allclose(widths, np.round(widths), atol=1e-9)


def test_hot_photosites_are_counted_beyond_and_in_the_tail() -> None:
    pattern = normal()
    pattern.flat[:30] = 500.0

    found = pattern_histogram(pattern)

    assert found.above == 30
    assert found.counts.sum() + found.above + found.below == 60_000
    share = np.interp(100.0, found.departures, found.percent_beyond)
    assert share == pytest.approx(100 * 30 / 60_000)
    assert found.percent_beyond[-1] > 0  # the farthest is at its own departure
    assert found.robust_deviation == pytest.approx(2.0, rel=0.03)
    assert found.deviation > 10


def test_a_flat_pattern_has_a_histogram_too() -> None:
    found = pattern_histogram(np.zeros((8, 8)))

    assert found.counts.sum() == 64
    assert robust_deviation(np.zeros(4)) == 0
