"""Patches lie where four corners and a perspective put them, and are averaged as they are."""

import numpy as np
import pytest
import torch

from calibration.chart import Chart, homography, patch_means, project
from isp.core.domain import Domain
from isp.core.errors import CalibrationError
from isp.core.frame import Frame
from isp.files.profile import load_profile

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


def numbered() -> np.ndarray:
    """A picture whose patches hold their number."""
    picture = np.full((50, 70), -1.0)
    for index in range(24):
        row, column = divmod(index, 6)
        picture[10 * row + 6 : 10 * row + 15, 10 * column + 6 : 10 * column + 15] = index
    return picture


def test_each_patch_gives_its_own_mean() -> None:
    data = torch.from_numpy(numbered())[None, None].expand(1, 3, -1, -1)

    means, measured = patch_means(Frame.start(data, Domain.LINEAR), Chart(corners=UPRIGHT))

    assert means[:, 0].tolist() == list(range(24))
    assert measured.all()


def test_a_mosaic_is_averaged_by_colour() -> None:
    profile = load_profile("GenericPhone")  # RGGB
    colours = profile.cfa.spread(torch.tensor([[1.0, 2.0, 4.0]]), 50, 70)
    frame = Frame.start(colours, Domain.MOSAIC, profile=profile)

    means, _ = patch_means(frame, Chart(corners=UPRIGHT))

    assert (means == [1.0, 2.0, 4.0]).all()


def test_unmeasured_pixels_are_left_out_and_a_patch_that_has_many_is_marked() -> None:
    data = torch.from_numpy(numbered())[None, None].expand(1, 3, -1, -1).clone()
    measured = torch.ones(1, 1, 50, 70, dtype=torch.bool)
    measured[..., 8, 8] = False  # 1 of 25
    data[..., 8, 8] = 1e6
    frame = Frame.start(data, Domain.LINEAR, measured=measured)

    means, good = patch_means(frame, Chart(corners=UPRIGHT))

    assert means[0].tolist() == [0, 0, 0]
    assert good.tolist() == [False] + [True] * 23
