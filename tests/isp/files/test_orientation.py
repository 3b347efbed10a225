"""EXIF orientations turn pictures upright."""

import numpy as np
import pytest

from isp.files.orientation import upright

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
