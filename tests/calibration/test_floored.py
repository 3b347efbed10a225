"""Zeros of darks are counted against what chance leaves."""

import numpy as np
import pytest
from scipy.stats import poisson

from calibration.floored import FLOORED_BY_CHANCE, cut_darks, least_floored
from calibration.moments import gather


def dark(zeros: int) -> list[np.ndarray]:
    """Two frames of 64 x 64 with so many values of 0."""
    frames = [np.full((64, 64), 60.0) for _ in range(2)]
    frames[1].ravel()[:zeros] = 0.0
    return frames


@pytest.mark.parametrize("zeros", [1, 12, 400])
def test_the_bound_is_the_poisson_mean_that_gives_so_many_by_that_chance(zeros: int) -> None:
    mean = least_floored(gather(dark(zeros))) * 2 * 64 * 64

    assert poisson.sf(zeros - 1, mean) == pytest.approx(FLOORED_BY_CHANCE, rel=1e-6)


def test_cut_darks_are_fatal_and_named() -> None:
    assert cut_darks(100, gather(dark(0))) == []
    (fault,) = cut_darks(100, gather(dark(400)), "the stack")
    assert fault.fatal
    assert "4.88% of the values of the stack are code 0" in fault.what
