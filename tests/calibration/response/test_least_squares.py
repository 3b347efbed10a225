"""Least squares under inequalities, beside a general solver."""

import numpy as np
from scipy.optimize import minimize

from calibration.response.least_squares import rising_step


def test_it_finds_what_a_general_solver_finds() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        a, s = rng.normal(size=(12, 4)), rng.normal(size=4) * 5
        g, h = rng.normal(size=(6, 4)), -rng.uniform(0.1, 1, size=6)
        c = a.T @ a

        found = rising_step(c, s, g, h)

        assert found is not None
        other = minimize(
            lambda d, c=c, s=s: d @ c @ d / 2 + s @ d, np.zeros(4),
            jac=lambda d, c=c, s=s: c @ d + s,
            constraints={"type": "ineq", "fun": lambda d, g=g, h=h: g @ d - h}, method="SLSQP",
        )  # fmt: skip
        assert (g @ found >= h - 1e-7).all()
        assert found @ c @ found / 2 + s @ found <= other.fun + 1e-6


def test_contradicting_inequalities_have_no_step() -> None:
    rows = np.array([[1.0], [-1.0]])

    assert rising_step(np.eye(1), np.zeros(1), rows, np.array([1.0, 1.0])) is None
