"""A fit is judged by patches it has not seen, and its figures by the patches' noise."""

import json

import numpy as np
import pytest

from calibration.chart_model import fit_chart
from calibration.chart_patches import PatchReadings
from calibration.colour_checker import NAMES
from calibration.colour_fit import METHODS
from calibration.leave_one_out import left_out_differences, noisy, own_differences, score
from isp.core.errors import UsageError
from tests.calibration.test_chart_model import ALL, chart


def crooked(seed: int = 1) -> np.ndarray:
    return chart() * np.random.default_rng(seed).normal(1, 0.04, (24, 3))


def readings(camera: np.ndarray, error: float = 0.0) -> PatchReadings:
    return PatchReadings(means=camera, errors=np.full((24, 3), error) * camera, measured=ALL)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_patches_left_out_are_no_nearer_than_in_the_fit(method: str, seed: int) -> None:
    camera = crooked(seed)
    model = fit_chart(camera, ALL, method)

    own = own_differences(camera, ALL, model)
    left_out = left_out_differences(camera, ALL, method, model)

    assert np.mean(left_out**2) > np.mean(own**2)


def test_a_patch_left_out_says_nothing_of_its_own_difference() -> None:
    camera = crooked()
    spoilt = camera.copy()
    spoilt[7] *= 3  # the fit to the others does not know; the others' fits do
    one, other = (left_out_differences(c, ALL, "least-squares-white") for c in (camera, spoilt))

    others = ALL.copy()
    others[7] = False
    by_hand = fit_chart(camera, others, "least-squares-white").delta_e(camera)[7]
    assert one[7] == pytest.approx(by_hand)
    assert other[7] > 10
    assert abs(one[8] - other[8]) > 1e-3


def test_a_camera_that_is_a_matrix_leaves_nothing() -> None:
    for method in METHODS:
        found = score(readings(chart()), method, repeats=0)
        assert found.left_out.max() < 1e-4
        assert found.own_mean.low is None
        assert "no repeats" in found.own_mean.reason


def test_patches_that_are_not_measured_are_null() -> None:
    measured = ALL.copy()
    measured[15] = False
    read = PatchReadings(means=crooked(), errors=np.zeros((24, 3)), measured=measured)

    record = score(read, "least-squares-white", repeats=2).record()

    assert record["patches"]["yellow"]["left_out_delta_e_2000"] is None
    assert record["left_out_delta_e_2000"]["worst"] in NAMES
    assert record["left_out_delta_e_2000"]["mean"]["low"] == pytest.approx(
        record["left_out_delta_e_2000"]["mean"]["value"]
    )
    json.dumps(record, allow_nan=False)


def test_noise_has_the_errors_that_were_read() -> None:
    read = readings(crooked(), 0.01)
    taken = noisy(read, 2000, seed=3)

    # Five standard errors of a mean, and of a deviation, over 2000 draws.
    off = (taken.mean(axis=0) - read.means) / read.errors
    assert np.abs(off).max() < 5 / 2000**0.5
    assert np.abs(taken.std(axis=0, ddof=1) / read.errors - 1).max() < 5 / (2 * 2000) ** 0.5
    np.testing.assert_array_equal(noisy(read, 3, seed=3), taken[:3])
    assert not np.array_equal(noisy(read, 3, seed=4), taken[:3])


@pytest.mark.slow  # 5,000 fits
def test_the_interval_is_that_of_the_means_under_the_noise() -> None:
    """The first-order variance, by a step of each of the 72 numbers, is an independent way."""
    read = readings(crooked(), 0.003)
    found = score(read, "least-squares-white", repeats=200)

    def mean(camera: np.ndarray) -> float:
        model = fit_chart(camera, ALL, "least-squares-white")
        return float(np.mean(own_differences(camera, ALL, model)))

    variance = 0.0
    for patch in range(24):
        for channel in range(3):
            step = np.zeros((24, 3))
            step[patch, channel] = read.errors[patch, channel]
            variance += ((mean(read.means + step) - mean(read.means - step)) / 2) ** 2
    half = found.own_mean.half_width
    assert half is not None
    # Five standard errors of a deviation over 200 repeats: 25 %.
    assert half == pytest.approx(1.96 * variance**0.5, rel=5 / (2 * 200) ** 0.5)


def test_one_repeat_makes_no_interval() -> None:
    with pytest.raises(UsageError, match="2 repeats or more"):
        score(readings(chart()), "least-squares", repeats=1)
