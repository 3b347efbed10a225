"""The fitted polynomials satisfy the equations that they stand for."""

import numpy as np

from isp.core.poisson_series import (
    A_COEFFICIENTS,
    C0_COEFFICIENTS,
    LARGEST_RATE,
    S_RANGE,
    SMALL_RATE,
)

LOW, HIGH = S_RANGE
S = np.linspace(LOW, HIGH, 20_001)
S = S[np.abs(S) > 1e-3]  # at 0 both sides vanish
T = (2 * S - (LOW + HIGH)) / (HIGH - LOW)
A = np.polynomial.polynomial.polyval(T, A_COEFFICIENTS)
C0 = np.polynomial.polynomial.polyval(T, C0_COEFFICIENTS)
R = 1 + S + S**2 / 6 + S**3 * A


def test_r_solves_its_equation() -> None:
    """Giles 2016, section 3: s^2 / 2 = 1 - r + r ln r, on the side of s."""
    np.testing.assert_allclose(1 - R + R * np.log(R), S**2 / 2, rtol=0, atol=1e-10)
    assert (np.sign(R - 1) == np.sign(S)).all()


def test_c0_is_temme_s_first_correction() -> None:
    expected = np.log(S * np.sqrt(R) / (R - 1)) / np.log(R)

    np.testing.assert_allclose(C0, expected, rtol=0, atol=5e-9)


def test_the_sum_takes_over_where_the_series_ends() -> None:
    assert SMALL_RATE == 10
    assert LARGEST_RATE == 2**24
