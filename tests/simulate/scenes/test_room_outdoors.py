"""The view outside has an even sky, and the window's bars are darker than it."""

import numpy as np

from simulate.scenes import room
from simulate.scenes.room import Meetings
from simulate.scenes.room_outdoors import SKY, SKY_FROM, outdoors, window


def test_the_upper_sky_is_one_colour() -> None:
    across = np.linspace(-0.4, 0.4, 101)
    view = outdoors(across, np.linspace(SKY_FROM, 3.0, 101))

    np.testing.assert_array_equal(view, np.tile(SKY, (101, 1)))


def test_the_view_is_in_daylight_everywhere() -> None:
    across, up = (
        grid.ravel()
        for grid in np.meshgrid(np.linspace(-0.5, 0.5, 200), np.linspace(-0.2, 0.2, 90))
    )
    view = outdoors(across, up)

    assert view.min() > 0.1
    assert view.max() < 100


def test_bars_are_dark_against_the_sky() -> None:
    left, _, right, _ = room.WINDOW
    slopes = np.array([(left + right) / 2, left + 0.4]) / room.GLASS
    up = np.full(2, 0.115)
    met = Meetings(slopes, up, np.full(2, room.BACK), np.zeros(2, dtype=np.intp))

    bar, sky = window(met, np.full((2, 3), 0.3))

    assert bar.max() < 2
    np.testing.assert_array_equal(sky, SKY)
