"""The objective in exposure is its sum, written out."""

import numpy as np

from calibration.response.bracket_codes import CODES, HAT, BracketCodes
from calibration.response.exposure_objective import exposure_objective


def test_the_form_is_the_sum_with_each_pixels_light_at_its_best() -> None:
    bracket = BracketCodes(np.array([[3, 9], [9, 30], [9, 255]]), np.array([0.0, 1.0]))
    response, t = np.linspace(0, 1, CODES) ** 2, np.array([1.0, 3.0])

    often, mixing = exposure_objective(bracket, HAT, t)
    by_hand = 0.0
    for low, high in ((3, 9), (9, 30)):
        w, said = HAT[[low, high]], response[[low, high]]
        light = (w * t * said).sum() / (w * t**2).sum()
        by_hand += float((w * (said - t * light) ** 2).sum())

    found = (often * response**2).sum() - response @ mixing @ response
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)
