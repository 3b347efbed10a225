"""Spectra are summed into camera RGB and XYZ, a perfect diffuser at white."""

import numpy as np
import pytest

from calibration.spectral_colours import spectral_colours
from isp.core.colour import D50_XYZ
from isp.core.errors import CalibrationError

# Two wavelengths, written out by hand.
SENSITIVITY = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 2.0]])
LIGHT = np.array([2.0, 4.0])
OBSERVER = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.8]])


def test_responses_are_the_sums_worked_out_by_hand() -> None:
    found = spectral_colours(SENSITIVITY, LIGHT, np.array([[0.5, 0.25]]), OBSERVER)

    # White: R 2, G 1 + 2, B 8. The paint: R 1, G 0.5 + 0.5, B 2.
    assert found.neutral.tolist() == [2.0, 3.0, 8.0]
    np.testing.assert_allclose(found.camera, [[1 / 2, 1 / 3, 2 / 8]])
    # Y of white 3, of the paint 1; D65 -> D50 changes Y of what is no grey, so only near 1/3.
    assert found.xyz[0, 1] == pytest.approx(1 / 3, abs=0.05)


def test_a_grey_paint_is_its_share_of_white_on_both_sides() -> None:
    found = spectral_colours(SENSITIVITY, LIGHT, np.array([[0.2, 0.2], [1.0, 1.0]]), OBSERVER)

    np.testing.assert_allclose(found.camera, [[0.2] * 3, [1.0] * 3])
    np.testing.assert_allclose(found.xyz, [0.2 * D50_XYZ, D50_XYZ], atol=1e-12)


def test_other_grids_and_blind_channels_are_refused() -> None:
    with pytest.raises(CalibrationError, match="one grid"):
        spectral_colours(SENSITIVITY, np.ones(3), np.ones((1, 2)), OBSERVER)
    blind = SENSITIVITY * [[0.0], [1.0], [1.0]]
    with pytest.raises(CalibrationError, match="sees nothing"):
        spectral_colours(blind, LIGHT, np.ones((1, 2)), OBSERVER)
