"""Zipper effect counts pixels that grew unlike their most similar neighbour."""

import numpy as np
import pytest

from apps.bench.metrics.zipper import zipper_percent
from isp.core.errors import FrameError


def edge() -> np.ndarray:
    """Dark left, light right, 10 x 10."""
    truth = np.full((10, 10, 3), 0.2)
    truth[:, 5:] = 0.6
    return truth


def test_a_picture_without_change_has_none() -> None:
    assert zipper_percent(edge(), edge()) == 0


def test_one_pixel_that_stands_out_makes_itself_and_those_that_looked_like_it_unlike() -> None:
    # The pixel (4, 4) of a flat field of 8 x 8 inner pixels turns light. It differs from its most
    # similar neighbour now, and each of the eight around from it only if that was its first most
    # similar one: all are equal, so the first in reading order counts, which is the pixel itself
    # for the one below and to the right of it.
    truth = np.full((10, 10, 3), 0.2)
    picture = truth.copy()
    picture[4, 4] = 0.6

    assert zipper_percent(picture, truth) == pytest.approx(100 * 2 / 64)


def test_an_alternating_edge_is_zipper_and_a_shifted_level_is_none() -> None:
    truth, zipped = edge(), edge()
    zipped[::2, 4] += 0.1  # every other pixel along the edge

    # In column 4 of 8 inner rows each pixel has dark neighbours that stayed: 4 of 8 changed.
    assert zipper_percent(zipped, truth) >= 100 * 4 / 64
    assert zipper_percent(truth + 0.01, truth) == 0


def test_below_the_threshold_nothing_counts() -> None:
    # Grey 0.2 is L* 51.8; 2 of L* more is less than 2.3, 3 more is not.
    truth = np.full((10, 10, 3), 0.2)
    less, more = truth.copy(), truth.copy()
    less[4, 4] = ((51.837 + 2 + 16) / 116) ** 3
    more[4, 4] = ((51.837 + 3 + 16) / 116) ** 3

    assert zipper_percent(less, truth) == 0
    assert zipper_percent(more, truth) > 0


def test_only_measured_pixels_are_counted() -> None:
    truth = np.full((10, 10, 3), 0.2)
    picture = truth.copy()
    picture[4, 4] = 0.6
    alone = np.zeros((10, 10), dtype=bool)
    alone[4, 4] = True

    assert zipper_percent(picture, truth, measured=alone) == 100
    assert zipper_percent(picture, truth, measured=~alone) == pytest.approx(100 / 63)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(FrameError, match="3 x 3 pixels or more"):
        zipper_percent(np.zeros((2, 5, 3)), np.zeros((2, 5, 3)))
    border = np.ones((5, 5), dtype=bool)
    border[1:-1, 1:-1] = False
    with pytest.raises(FrameError, match="no pixel off the border"):
        zipper_percent(np.zeros((5, 5, 3)), np.zeros((5, 5, 3)), measured=border)
