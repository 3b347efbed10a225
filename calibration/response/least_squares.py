"""Least squares under linear inequalities."""

import numpy as np

from calibration.response.bracket_codes import Values

RIDGE = 1e-10  # of the mean curvature: directions that no datum sees stay where they are


def rising_step(curvature: Values, slope: Values, rows: Values, least: Values) -> Values | None:
    """Minimise d C d / 2 + s d under G d >= h; None where no d fulfils it.

    curvature: C, positive semidefinite. slope: s. rows: G, (m, n). least: h, (m,).

    Source: Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23: least distance
    programming by non-negative least squares.

    >>> rising_step(np.eye(1), np.array([-3.0]), -np.eye(1), np.array([-1.0])).round(9).tolist()
    [1.0]
    """
    from scipy.optimize import nnls

    n = len(slope)
    lifted = curvature + RIDGE * max(float(np.trace(curvature)) / n, 1e-300) * np.eye(n)
    lower = np.linalg.cholesky(lifted)
    centre = np.linalg.solve(lower, -slope)  # y = L' d, minimise |y - centre|
    seen = np.linalg.solve(lower, rows.T).T
    short = least - seen @ centre
    if (short <= 0).all():
        found: Values = np.linalg.solve(lower.T, centre)
        return found
    size = np.linalg.norm(seen, axis=1) + 1e-300
    unit = float((short / size).max())  # of the distance to go, so that `rest` keeps its digits
    table = np.vstack([(seen / size[:, None]).T, (short / size / unit)[None]])
    target = np.concatenate([np.zeros(n), [1.0]])
    forces, _ = nnls(table, target, maxiter=50 * len(rows))
    rest = target - table @ forces
    if rest[-1] <= 1e-10:
        return None
    moved = centre - unit * rest[:n] / rest[-1]
    step: Values = np.linalg.solve(lower.T, moved)
    return step
