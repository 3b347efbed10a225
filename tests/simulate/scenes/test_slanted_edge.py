"""The slanted edge is integrated over each pixel exactly, so that its MTF is the pixel's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import UsageError
from simulate.scenes.slanted_edge import edge_of, half_plane_coverage, slanted_edge


def clipped_square(x: float, y: float, angle_deg: float) -> float:
    """Area of the unit square centred at (x, y) beyond the line through 0: polygon clipping."""
    across, down = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    corners = [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
    side = [a * across + b * down for a, b in corners]
    kept = []
    for k in range(4):
        (a, b), (c, d) = corners[k], corners[(k + 1) % 4]
        s, t = side[k], side[(k + 1) % 4]
        if s >= 0:
            kept.append((a, b))
        if (s >= 0) != (t >= 0):
            kept.append((a + s / (s - t) * (c - a), b + s / (s - t) * (d - b)))
    area = 0.0
    for k in range(len(kept)):
        (a, b), (c, d) = kept[k], kept[(k + 1) % len(kept)]
        area += (a * d - b * c) / 2
    return area


@given(x=st.floats(-1.5, 1.5), y=st.floats(-1.5, 1.5), angle=st.floats(-180, 180))
def test_coverage_is_the_area_of_the_clipped_square(x: float, y: float, angle: float) -> None:
    turn = math.radians(angle)
    distance = np.array([x * math.cos(turn) + y * math.sin(turn)])

    # Where the line is almost along the grid, the difference of squares loses a few digits.
    found = float(half_plane_coverage(distance, angle)[0])
    assert found == pytest.approx(clipped_square(x, y, angle), abs=1e-6)


def test_a_diagonal_cuts_an_eighth_off_the_pixel() -> None:
    # The corner lies sqrt(2)/2 from the centre; half of that cuts a triangle of area 1/8.
    diagonal = np.array([-math.sqrt(2) / 4, 0.0, math.sqrt(2) / 4])

    assert half_plane_coverage(diagonal, 45.0).tolist() == pytest.approx([1 / 8, 1 / 2, 7 / 8])


@pytest.mark.parametrize("angle", [0.0, 5.0, -12.0, 45.0, 85.0, 90.0, 185.0])
def test_the_edge_has_the_mtf_of_the_square_pixel(angle: float) -> None:
    edge = edge_of(200, 200, angle=angle)
    distance = np.linspace(-2, 2, 4001)
    spread = np.diff(half_plane_coverage(distance, angle))
    middle = (distance[1:] + distance[:-1]) / 2
    frequency = np.linspace(0, 2, 9)

    found = np.abs(np.exp(-2j * np.pi * frequency[:, None] * middle) @ spread)

    # The sum over steps of 1e-3 pixels errs by less than (2 pi f step)^2 / 24 < 7e-6.
    np.testing.assert_allclose(found, edge.pixel_mtf(frequency), atol=1e-5)


def test_the_picture_shows_the_spread_of_its_own_edge() -> None:
    picture = slanted_edge(60, 40, angle=5.0, contrast=4.0, luminance=200.0)
    edge = edge_of(60, 40, angle=5.0, contrast=4.0, luminance=200.0)

    assert (edge.dark_cd_m2, edge.light_cd_m2) == (50.0, 200.0)
    for row, column in ((0, 22), (30, 20), (59, 17), (30, 0), (30, 39)):
        light = clipped_square(column + 0.5 - edge.column, row + 0.5 - edge.row, 5.0)
        assert picture[row, column].tolist() == pytest.approx([0.5 + 1.5 * light] * 3, abs=1e-6)


@pytest.mark.parametrize("angle", [5.0, 30.0, -70.0])
def test_both_halves_of_the_picture_mirror_each_other(angle: float) -> None:
    picture = slanted_edge(31, 47, angle=angle).astype(float)

    np.testing.assert_allclose(picture + picture[::-1, ::-1], 1.25, atol=1e-6)


def test_the_light_side_is_where_the_normal_points() -> None:
    assert slanted_edge(8, 8, angle=0.0)[:, -1].min() == 1.0
    assert slanted_edge(8, 8, angle=90.0)[-1].min() == 1.0
    assert slanted_edge(8, 8, angle=180.0)[:, 0].min() == 1.0


@pytest.mark.parametrize("wrong", [{"angle": 400.0}, {"contrast": 0.5}, {"luminance": -1.0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        slanted_edge(8, 8, **wrong)
