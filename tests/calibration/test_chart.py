"""Patches lie where four corners and a perspective put them."""

import numpy as np
import pytest

from calibration.chart import Chart, homography, project
from isp.core.errors import CalibrationError

UPRIGHT = np.array([[10.0, 10.0], [60.0, 10.0], [60.0, 40.0], [10.0, 40.0]])


def test_a_chart_seen_straight_is_a_regular_grid() -> None:
    chart = Chart(corners=UPRIGHT)

    assert chart.centres[0].tolist() == pytest.approx([10, 10])
    assert chart.centres[5].tolist() == pytest.approx([60, 10])
    assert chart.centres[8].tolist() == pytest.approx([30, 20])  # moderate red: row 1, column 2
    assert chart.centres[23].tolist() == pytest.approx([60, 40])
    assert chart.pitch == pytest.approx(10)


def test_a_homography_is_found_again_from_four_points() -> None:
    matrix = np.array([[1.1, 0.2, 30.0], [-0.1, 0.9, 12.0], [1e-3, -5e-4, 1.0]])
    square = np.array([[0.0, 0], [5, 0], [5, 3], [0, 3]])

    found = homography(square, project(matrix, square))

    np.testing.assert_allclose(found, matrix, rtol=1e-9)


@pytest.mark.parametrize("last", [(60.0, 10.0), (110.0, 10.0), (float("nan"), 3.0)])
def test_corners_that_are_no_quadrilateral_are_refused(last: tuple[float, float]) -> None:
    corners = UPRIGHT.copy()
    corners[2:] = [[85.0, 10.0], last]

    with pytest.raises(CalibrationError, match="four corners of a quadrilateral"):
        _ = Chart(corners=corners).centres


def test_windows_are_squares_around_the_centres_inside_the_picture() -> None:
    windows = Chart(corners=UPRIGHT).windows((50, 70))

    assert windows[0].tolist() == [8, 8, 13, 13]  # int(10 x 0.25) = 2 to either side
    with pytest.raises(CalibrationError, match="does not lie inside 61 x 50"):
        Chart(corners=UPRIGHT).windows((50, 61))
    with pytest.raises(CalibrationError, match=r"1\.0 pixels apart; 8 are needed"):
        Chart(corners=UPRIGHT / 10).windows((50, 70))
