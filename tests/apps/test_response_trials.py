"""Random cameras are what they say."""

import numpy as np
import torch

from apps.response_trials import random_curve, root_mean_square, scores, trial
from calibration.response.measured_response import MeasuredCurve
from isp.core.errors import CalibrationError


def test_random_curves_rise_differ_and_come_again() -> None:
    first, again, other = random_curve(1, 0), random_curve(1, 0), random_curve(1, 1)
    grid = torch.linspace(0, 1, 100, dtype=torch.float64)

    assert bool((torch.diff(first.encode(grid)) > 0).all())
    torch.testing.assert_close(first.encode(grid), again.encode(grid))
    assert float((first.encode(grid) - other.encode(grid)).abs().max()) > 0.01


def test_codes_are_the_light_through_the_curve() -> None:
    one = trial(1, 0, pixels=2000)

    ratio = np.exp(np.diff(one.log_exposures)[0])
    dark, bright = one.truth[one.codes[:, 0]], one.truth[one.codes[:, 1]]
    clear = (one.codes[:, 0] > 60) & (one.codes[:, 1] < 250)
    # Thousands of electrons: shot noise of 2 % each.
    assert abs(np.median(bright[clear] / dark[clear]) / ratio - 1) < 0.02


def test_what_is_refused_is_noted() -> None:
    def refuse(one: object) -> MeasuredCurve:
        raise CalibrationError("no")

    failed: list[str] = []

    assert scores(refuse, [trial(1, 0, pixels=50)], failed) == []
    assert failed == ["random 1/0: no"]


def test_root_mean_square_of_three_and_four() -> None:
    assert root_mean_square(np.array([3.0, 4.0])) == np.sqrt(12.5)


def test_light_far_beyond_the_well_is_white() -> None:
    every = [trial(7, item, pixels=2000) for item in range(100, 140)]

    assert all(int(one.codes.max()) == 255 for one in every)
