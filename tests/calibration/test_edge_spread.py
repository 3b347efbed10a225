"""Photosites become an even profile of the edge, and what that costs in contrast is known."""

import math

import numpy as np
import pytest
from scipy import special

from calibration.edge_spread import EdgeSpread, edge_spread, line_spread, taper
from isp.core.errors import CalibrationError

EVEN = (np.arange(-4000, 4001) + 0.37) / 200  # 50 photosites to a bin of 1/4 px
F = np.arange(201) / 200


def of(distance: np.ndarray, values: np.ndarray, corrects_bins: bool) -> EdgeSpread:
    return edge_spread(distance, values, reach=16.0, oversampling=4, corrects_bins=corrects_bins)


def test_a_bin_holds_the_mean_of_its_photosites() -> None:
    distance = np.repeat(np.arange(-40, 41) / 4, 2) + np.tile([0.05, -0.05], 81)
    values = np.repeat(np.arange(81.0), 2) + np.tile([1.0, -1.0], 81)

    spread = of(distance, values, corrects_bins=False)

    assert spread.distance_px.tolist() == (np.arange(-40, 41) / 4).tolist()
    assert spread.esf.tolist() == np.arange(81.0).tolist()


def test_a_bin_whose_photosites_lie_beside_its_centre_is_taken_there() -> None:
    """On a straight ramp the step along the slope is exact."""
    distance = np.arange(-40, 41) / 4 + np.where(np.arange(81) % 2, 0.1, -0.08)

    beside = of(distance, 3 * distance, corrects_bins=False)
    centred = of(distance, 3 * distance, corrects_bins=True)

    assert np.abs(beside.esf - 3 * beside.distance_px).max() == pytest.approx(0.3)
    # The slope is a difference over two bins whose offsets are equal: exact inside.
    inside = slice(1, -1)
    assert np.abs(centred.esf - 3 * centred.distance_px)[inside].max() < 1e-12


def test_evenly_filled_bins_cost_two_sincs() -> None:
    """One for the mean over a bin, one for the difference between bins."""
    standard = of(EVEN, EVEN, corrects_bins=False)
    corrected = of(EVEN, EVEN, corrects_bins=True)

    np.testing.assert_allclose(standard.response(F), np.sinc(F / 4), atol=1e-12)
    # 50 places to a bin are a box but for 1 / (6 x 50^2) (pi f / 4)^2.
    np.testing.assert_allclose(corrected.response(F), np.sinc(F / 4) ** 2, atol=1e-4)


def test_bins_of_one_place_each_cost_only_the_difference() -> None:
    beside = np.where(np.arange(129) % 2, 0.1, -0.08)

    spread = of(np.arange(-64, 65) / 4 + beside, np.arange(129.0), corrects_bins=True)

    np.testing.assert_allclose(spread.response(F), np.sinc(F / 4), atol=1e-12)


@pytest.mark.parametrize("corrects_bins", [True, False])
def test_a_gaussian_edge_gives_its_transform(corrects_bins: bool) -> None:
    sigma = 0.7
    spread = of(EVEN, special.ndtr(EVEN / sigma), corrects_bins)

    middle, lsf = line_spread(spread, "tukey")

    found = np.abs(np.exp(-2j * np.pi * np.outer(F, middle)) @ lsf) / spread.response(F)
    truth = np.exp(-2 * (math.pi * sigma * F) ** 2)
    averaged = truth if corrects_bins else truth * np.sinc(F / 4)
    assert np.abs(found - averaged).max() < 2e-4
    if not corrects_bins:
        assert np.abs(found - truth).max() > 1e-3


def test_a_few_empty_bins_are_bridged_and_many_are_refused() -> None:
    distance = np.delete(np.arange(-40, 41) / 4, [20, 50])

    assert of(distance, 2 * distance, corrects_bins=False).esf[50] == pytest.approx(5.0)
    with pytest.raises(CalibrationError, match=r"51 % of the bins of 1/4 px"):
        of(np.arange(-20, 21) / 2, np.ones(41), corrects_bins=False)


def test_the_thin_corners_of_a_region_are_left_out() -> None:
    dense = np.repeat(np.arange(-40, 41) / 4, 10)
    thin = np.concatenate([dense, np.arange(-80, -40) / 4, np.arange(41, 81) / 4])

    reach = float(of(thin, thin, corrects_bins=False).distance_px[-1])

    # The neighbourhood is 4 px wide: half full where half of it is beyond the dense part.
    assert reach == pytest.approx(10.0, abs=0.5)


def test_a_step_that_is_not_over_in_the_region_is_refused() -> None:
    ramp = of(EVEN, EVEN, corrects_bins=False)
    step = of(EVEN, special.ndtr(EVEN / 2), corrects_bins=False)

    line_spread(step, "hann")
    with pytest.raises(CalibrationError, match="not over within 16 px"):
        line_spread(ramp, "tukey")


@pytest.mark.parametrize(("window", "at_half"), [("hamming", 0.54), ("hann", 0.5), ("tukey", 1.0)])
def test_windows_are_1_at_the_edge_and_0_beyond_the_reach(window: str, at_half: float) -> None:
    weight = taper(np.array([0.0, -4.0, 4.0, 8.0, 8.1]), 8.0, window)  # type: ignore[arg-type]

    assert weight[0] == 1.0
    assert weight[1] == weight[2] == pytest.approx(at_half)
    assert weight[3] == pytest.approx(0.08 if window == "hamming" else 0.0)
    assert weight[4] == 0.0
