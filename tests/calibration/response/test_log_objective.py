"""The objective in log exposure is its sum, written out."""

import numpy as np

from calibration.response.bracket_codes import CODES, HAT, BracketCodes
from calibration.response.log_objective import log_objective


def test_the_form_is_the_sum_with_each_pixels_light_at_its_best() -> None:
    bracket = BracketCodes(np.array([[3, 9], [9, 30], [9, 0]]), np.array([0.0, 1.0]))
    g, a = np.log(np.arange(CODES) + 1.0), np.array([0.1, 0.7])

    state = np.concatenate([g, a])
    by_hand = 0.0
    for low, high in ((3, 9), (9, 30)):
        w = HAT[[low, high]] ** 2
        said = g[[low, high]] - a
        by_hand += float((w * (said - (w * said).sum() / w.sum()) ** 2).sum())

    np.testing.assert_allclose(state @ log_objective(bracket, HAT) @ state, by_hand, rtol=1e-9)
