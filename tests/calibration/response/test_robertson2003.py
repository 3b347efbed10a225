"""Robertson's fit: the printed iteration's limit, and a known camera."""

import numpy as np

from calibration.response.robertson2003 import CERTAINTY, fit_robertson, solve_robertson
from tests.calibration.response.brackets import bracket_of, power_curve


def test_the_curve_at_once_is_where_the_printed_iteration_stays() -> None:
    bracket = bracket_of(power_curve(), (-1.0, 0.0, 1.0), 600)
    t = np.exp(bracket.log_exposures)

    response = solve_robertson(bracket, t)

    weights, codes = bracket.weights(CERTAINTY), bracket.codes
    used = weights > 0
    light = (weights * t * np.nan_to_num(response)[codes]).sum(axis=1)
    light /= np.maximum((weights * t**2).sum(axis=1), 1e-300)
    again = np.full(256, np.nan)
    for code in np.flatnonzero(np.isfinite(response)):
        again[code] = (t * light[:, None])[used & (codes == code)].mean()
    known = np.isfinite(response)
    middle = np.argmin(np.abs(np.flatnonzero(known) - 127.5))
    # The printed normalisation takes away the eigenvalue.
    again = again[known] / again[known][middle]
    np.testing.assert_allclose(again, response[known] / response[known][middle], rtol=1e-8)


def test_a_power_camera_is_found_within_its_rounding() -> None:
    curve = power_curve()

    found = fit_robertson(bracket_of(curve))

    assert np.sqrt(np.mean((found.exposure_of_code - curve) ** 2)) < 0.01
