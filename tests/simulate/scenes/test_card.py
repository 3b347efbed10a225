"""A card's rectangles keep their area and their colour to the last part of a pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import UsageError
from simulate.scenes.card import card, card_regions, coverage

GROUND = (0.25, 0.5, 0.75)
RED = (4.0, 1e-3, 0.0)


def test_a_pixel_is_the_mean_over_its_area() -> None:
    picture = card(2, 3, GROUND, {"a": ((0.5, 0.25, 2.0, 1.0), RED)})

    # Of the upper left pixel, half the width and three quarters of the height: 0.375.
    assert picture[0, 0].tolist() == pytest.approx(
        [0.375 * red + 0.625 * ground for red, ground in zip(RED, GROUND, strict=True)]
    )
    assert picture[0, 1].tolist() == pytest.approx(
        [0.75 * red + 0.25 * ground for red, ground in zip(RED, GROUND, strict=True)]
    )
    assert picture[1].tolist() == [list(GROUND)] * 3


@given(
    left=st.floats(-3, 12), top=st.floats(-3, 9), width=st.floats(0, 15), height=st.floats(0, 12)
)
def test_the_light_of_a_rectangle_is_its_area_in_the_picture(
    left: float, top: float, width: float, height: float
) -> None:
    picture = card(9, 12, (0, 0, 0), {"a": ((left, top, left + width, top + height), (1, 1, 1))})

    inside = (min(left + width, 12) - max(left, 0), min(top + height, 9) - max(top, 0))
    area = max(inside[0], 0) * max(inside[1], 0)
    assert picture[..., 0].astype(float).sum() == pytest.approx(area, rel=1e-6, abs=1e-5)


def test_rectangles_that_share_a_pixel_add_up() -> None:
    picture = card(
        1, 1, (0, 0, 0), {"a": ((0, 0, 0.5, 1), (1, 0, 0)), "b": ((0.5, 0, 1, 1), (0, 1, 0))}
    )

    assert picture[0, 0].tolist() == [0.5, 0.5, 0.0]


def test_regions_hold_the_colour_exactly() -> None:
    patches = {"a": ((1.3, 0.7, 8.2, 6.6), RED), "thin": ((9.0, 0.0, 10.5, 7.0), RED)}

    regions = card_regions(patches)

    assert list(regions) == ["a"]
    assert (card(8, 12, GROUND, patches)[regions["a"].window] == np.float32(RED)).all()


def test_coverage_adds_up_to_the_length() -> None:
    assert coverage(0.3, 4.1, 6).sum() == pytest.approx(3.8)
    assert coverage(-5, 99, 3).tolist() == [1, 1, 1]


def test_a_card_without_pixels_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1 x 1"):
        card(0, 3, GROUND, {})
