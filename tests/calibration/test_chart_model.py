"""A chart seen by a known camera gives its white and its matrix back."""

import numpy as np
import pytest

from calibration.chart_model import chart_neutral, fit_chart
from calibration.colour_checker import reference_xyz
from calibration.colour_fit import METHODS
from isp.core.colour import D50_XYZ
from isp.core.errors import CalibrationError

ALL = np.ones(24, dtype=bool)
NEUTRAL = np.array([0.31, 0.62, 0.24])
FORWARD = np.array([[0.6, 0.25, 0.1142], [0.25, 0.9, -0.15], [0.02, -0.1, 0.9049]])


def chart() -> np.ndarray:
    """Camera RGB before balance: the reference, back through FORWARD, times the white."""
    return reference_xyz() @ np.linalg.inv(FORWARD).T * NEUTRAL


def test_white_is_found_exactly_though_no_grey_is_neutral() -> None:
    camera = chart()

    np.testing.assert_allclose(chart_neutral(camera, ALL), NEUTRAL, rtol=1e-12)
    # By the greys alone it would be off by their own tint.
    assert np.abs(camera[20] / camera[20, 1] - NEUTRAL / NEUTRAL[1]).max() > 1e-3


def test_the_greys_settle_white_and_not_a_patch_that_is_off() -> None:
    camera = chart()
    camera[14] *= [1.3, 0.7, 1.0]  # red, seen otherwise than by any matrix

    assert np.abs(chart_neutral(camera, ALL) / NEUTRAL - 1).max() < 0.005
    camera[19:22] *= [1.3, 1.0, 1.0]
    assert chart_neutral(camera, ALL)[0] / NEUTRAL[0] > 1.25


@pytest.mark.parametrize("method", METHODS)
def test_the_matrix_that_made_the_chart_is_found_again(method: str) -> None:
    measured = ALL.copy()
    measured[[5, 18]] = False
    camera = chart()
    camera[[5, 18]] = 1.0  # clipped

    model = fit_chart(camera, measured, method)

    np.testing.assert_allclose(model.coefficients[:, :3], FORWARD, atol=1e-7)
    np.testing.assert_allclose(model.xyz(NEUTRAL[None])[0], D50_XYZ, atol=1e-9)
    assert model.delta_e(camera)[measured].max() < 1e-5
    assert model.delta_e(camera)[18] > 1


def test_an_exposure_changes_neither_the_matrix_nor_the_colours() -> None:
    one, other = (fit_chart(chart() * factor, ALL, "root-polynomial-2") for factor in (1.0, 0.2))

    np.testing.assert_allclose(one.coefficients, other.coefficients, atol=1e-8)
    np.testing.assert_allclose(other.neutral, 0.2 * one.neutral)


def test_no_grey_or_no_light_is_refused() -> None:
    measured = ALL.copy()
    measured[19:22] = False
    with pytest.raises(CalibrationError, match="middle greys of the chart are not measured"):
        chart_neutral(chart(), measured)
    with pytest.raises(CalibrationError, match="without light"):
        chart_neutral(chart() * [1.0, -1.0, 1.0], ALL)
