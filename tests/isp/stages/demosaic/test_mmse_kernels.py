"""Kernels of least error follow from the stated model."""

import numpy as np
import pytest

from isp.core.cfa import Cfa
from isp.stages.demosaic.mmse_kernels import PictureModel, kernels

MODEL = PictureModel(lightness_lengths=(20.0, 20.0), colour_length=5.0, colour_variance=0.2)
PATTERNS = (Cfa.RGGB, Cfa.XTRANS, Cfa.QUAD_RGGB)
every_pattern = pytest.mark.parametrize("cfa", PATTERNS, ids=lambda cfa: cfa.name)


def colours_around(cfa: Cfa, site: int, radius: int) -> np.ndarray:
    row, column = divmod(site, cfa.period[1])
    side = 2 * radius + 1
    return cfa.crop(row - radius, column - radius).colour_map(side, side).numpy()


def covariance(apart: np.ndarray, same: np.ndarray) -> np.ndarray:
    distance = np.hypot(apart[..., 0], apart[..., 1])
    return np.exp(-distance / 20) + same * 0.2 * np.exp(-distance / 5)


@every_pattern
def test_own_weights_add_to_1_and_those_of_each_other_colour_to_0(cfa: Cfa) -> None:
    for site, weights in enumerate(kernels(cfa, 3, MODEL)):
        around = colours_around(cfa, site, 3)
        for channel in range(3):
            sums = [weights[channel][around == other].sum() for other in range(3)]
            assert sums == pytest.approx(np.eye(3)[channel], abs=1e-10)


@every_pattern
def test_a_photosite_s_own_colour_is_its_own_value(cfa: Cfa) -> None:
    # The model has no noise: nothing is known better than what was measured there.
    for site, weights in enumerate(kernels(cfa, 2, MODEL)):
        own = colours_around(cfa, site, 2)[2, 2]
        alone = np.zeros((5, 5))
        alone[2, 2] = 1
        assert weights[own] == pytest.approx(alone, abs=1e-9)


def test_the_error_is_uncorrelated_with_every_contrast_that_the_window_could_add() -> None:
    # What makes it the best of the unbiased estimates: no combination of photosites whose weights
    # add to 0 in each colour has anything left to say about the error.
    cfa, radius = Cfa.RGGB, 2
    weights = kernels(cfa, radius, MODEL)[0][1].ravel()  # green at a red photosite
    around = colours_around(cfa, 0, radius).ravel()
    places = np.stack(np.divmod(np.arange(25), 5), axis=-1).astype(float)
    known = covariance(places[:, None] - places, around[:, None] == around)
    wanted = covariance(places - 2, around == 1)

    left = known @ weights - wanted

    for channel in range(3):
        assert np.ptp(left[around == channel]) < 1e-10  # one value, the multiplier, a colour


def test_between_two_photosites_of_one_colour_each_has_half_of_the_weight() -> None:
    # Radius 1 on RGGB: red at the green of a red row has a red left and a red right.
    weights = kernels(Cfa.RGGB, 1, MODEL)[1][0]

    assert weights[1, 0] == pytest.approx(0.5)
    assert weights[1, 2] == pytest.approx(0.5)


def test_the_lightness_of_a_longer_row_is_taken_from_the_row() -> None:
    level = PictureModel(lightness_lengths=(5.0, 80.0), colour_length=5.0, colour_variance=0.2)
    green = kernels(Cfa.RGGB, 2, level)[0][1]

    assert green[2, 1] + green[2, 3] > 3 * (green[1, 2] + green[3, 2])
    turned = PictureModel(lightness_lengths=(80.0, 5.0), colour_length=5.0, colour_variance=0.2)
    assert kernels(Cfa.RGGB, 2, turned)[0][1] == pytest.approx(green.T)
