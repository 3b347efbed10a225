"""EXIF orientations turn pictures upright."""

import numpy as np
import pytest

from isp.files.orientation import upright, upright_size

STORED = np.array([["F", "."], ["F", "F"], ["F", "."]])  # looks right as it is


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, STORED),
        (2, np.fliplr(STORED)),
        (3, np.rot90(STORED, 2)),
        (4, np.flipud(STORED)),
        (5, STORED.T),
        (6, np.rot90(STORED, 1)),  # stored counter-clockwise, shown by a clockwise turn
        (7, np.rot90(STORED.T, 2)),
        (8, np.rot90(STORED, -1)),
    ],
)
def test_each_orientation_comes_out_upright(orientation: int, stored: np.ndarray) -> None:
    assert upright(stored, orientation).tolist() == STORED.tolist()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_upright_is_that_of_the_turned_pixels(orientation: int) -> None:
    turned = upright(np.zeros((4, 6, 3)), orientation)

    assert upright_size((4, 6), orientation) == turned.shape[:2]
