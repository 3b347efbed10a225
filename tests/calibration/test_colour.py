"""Gains, exposure and matrix are those that made the colours, found again."""

import numpy as np
import pytest

from calibration.colour import chart_gains, exposure_match, fit_keeping_white
from calibration.colour_checker import reference_linear
from isp.core.errors import CalibrationError

ALL = np.ones(24, dtype=bool)


def test_gains_make_the_middle_greys_equal() -> None:
    camera = np.ones((24, 3))
    camera[[19, 20, 21]] = [0.5, 1.0, 0.25]
    camera[18] = [9.0, 9.0, 1.0]  # clipped white: no middle grey

    assert chart_gains(camera, ALL) == (2.0, 1.0, 4.0)


def test_gains_leave_out_what_was_not_measured() -> None:
    camera = np.ones((24, 3))
    camera[19] = [7.0, 1.0, 1.0]
    measured = ALL.copy()
    measured[19] = False

    assert chart_gains(camera, measured) == (1.0, 1.0, 1.0)
    with pytest.raises(CalibrationError, match="middle greys"):
        chart_gains(camera, ~ALL)
    with pytest.raises(CalibrationError, match="without light"):
        chart_gains(camera * [0.0, 1.0, 1.0], ALL)


def test_exposure_is_matched_on_the_greys_alone() -> None:
    reference = reference_linear()[:, 1]
    seen = reference / 3
    seen[:18] = 100.0

    assert exposure_match(seen, reference, ALL) == pytest.approx(3.0)
    with pytest.raises(CalibrationError, match="no grey"):
        exposure_match(np.zeros(24), reference, ALL)


def test_the_matrix_that_made_the_colours_is_found_again_and_keeps_white() -> None:
    turn = np.array([[1.5, -0.3, -0.2], [-0.1, 1.3, -0.2], [0.05, -0.45, 1.4]])
    reference = reference_linear()
    seen = reference @ np.linalg.inv(turn).T

    found = fit_keeping_white(seen, reference)

    np.testing.assert_allclose(found, turn, atol=1e-12)
    np.testing.assert_allclose(found @ np.ones(3), np.ones(3), atol=1e-12)


def test_white_is_kept_even_where_that_fits_worse() -> None:
    reference = reference_linear()
    seen = reference * [0.8, 1.0, 1.3]  # a cast that no matrix with rows of sum 1 removes
    found = fit_keeping_white(seen, reference)

    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)

    def squares(matrix: np.ndarray) -> float:
        return float(((seen @ matrix.T - reference) ** 2).sum())

    nudged = [found + step * np.outer(np.eye(3)[row], (1.0, -1.0, 0.0))
              for row in range(3) for step in (-1e-3, 1e-3)]  # fmt: skip
    assert all(squares(matrix) > squares(found) for matrix in nudged)


def test_colours_that_do_not_differ_fit_nothing() -> None:
    with pytest.raises(CalibrationError, match="colours that differ"):
        fit_keeping_white(np.ones((24, 3)), np.ones((24, 3)))
