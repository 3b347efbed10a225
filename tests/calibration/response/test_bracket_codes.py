"""Codes of a bracket, and the gauge of its exposures."""

import numpy as np
import pytest

from calibration.response.bracket_codes import HAT, BracketCodes, free_directions, in_gauge
from isp.core.errors import UsageError


def test_clipped_codes_and_pixels_measured_once_have_no_weight() -> None:
    bracket = BracketCodes(np.array([[0, 10, 20], [0, 10, 255], [5, 128, 254]]), np.arange(3.0))

    assert bracket.weights(HAT).tolist() == [[0, 10, 20], [0, 0, 0], [5, 127, 1]]


def test_the_gauge_keeps_mean_and_mean_step_and_undoes_a_power() -> None:
    given = np.array([-1.0, 0.2, 1.4])

    np.testing.assert_allclose(in_gauge(1.7 * given + 3, given), given, atol=1e-12)


def test_free_directions_leave_mean_and_ends_apart() -> None:
    ways = free_directions(5)

    assert ways.shape == (5, 3)
    np.testing.assert_allclose(ways.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(ways[0], ways[-1], atol=1e-12)


@pytest.mark.parametrize("exposures", [[0.0, 0.0], [1.0, 0.0], [0.0]])
def test_exposures_that_do_not_rise_or_fit_are_refused(exposures: list[float]) -> None:
    with pytest.raises(UsageError):
        BracketCodes(np.array([[1, 2]]), np.array(exposures))
