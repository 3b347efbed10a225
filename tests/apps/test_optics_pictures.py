"""The pictures of lens, shutter and filters are drawn from the simulator's own functions."""

import itertools

import numpy as np
import pytest

from apps.optics_pictures import OPTICS


@pytest.mark.parametrize("name", [n for n in OPTICS if n != "responses"])
def test_a_picture_has_panels_that_differ(name: str) -> None:
    figure = OPTICS[name]()
    maps = [np.asarray(axes.images[0].get_array(), np.float64) for axes in figure.axes]

    assert len(maps) >= 2
    for first, second in itertools.pairwise(maps):
        assert first.shape != second.shape or np.abs(first - second).max() > 0.01


def test_responses_are_three_rising_curves() -> None:
    lines = OPTICS["responses"]().axes[0].lines

    assert len(lines) == 3
    for line in lines:
        assert (np.diff(line.get_ydata()) >= 0).all()
