"""Mitsunaga and Nayar's fit: polynomials come back, ratios are put right."""

import numpy as np
import pytest

from calibration.response.mitsunaga_nayar1999 import best_order, fit_mitsunaga_nayar
from isp.core.errors import UsageError
from tests.calibration.response.brackets import bracket_of, power_curve


def test_a_square_is_found_as_a_polynomial_of_order_two() -> None:
    curve = power_curve(2.0)

    found = fit_mitsunaga_nayar(bracket_of(curve), order=2, refine=False)

    assert np.abs(found.exposure_of_code - curve).max() < 0.003


def test_ratios_that_are_said_wrong_are_refined() -> None:
    found = fit_mitsunaga_nayar(
        bracket_of(power_curve(2.0), given=(-2.0, -0.9, -0.1, 1.0, 2.0)), order=2
    )

    np.testing.assert_allclose(np.diff(found.log_exposures) / np.log(2), 1.0, atol=0.01)


def test_the_order_is_high_enough_for_the_curve() -> None:
    assert best_order(bracket_of(power_curve(3.0))) >= 3


@pytest.mark.parametrize("order", [0, 11])
def test_orders_that_the_paper_does_not_try_are_refused(order: int) -> None:
    with pytest.raises(UsageError, match="order"):
        fit_mitsunaga_nayar(bracket_of(power_curve()), order=order)
