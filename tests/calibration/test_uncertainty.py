"""An interval holds the truth in 95 of 100 captures."""

import numpy as np
import pytest
from scipy.stats import binom, t

from calibration.uncertainty import Figure, in_electrons, jackknife, not_measured
from isp.core.errors import CalibrationError


def leave_one_out(values: np.ndarray) -> np.ndarray:
    """The mean of all values, then without each."""
    return np.concatenate([[values.mean()], (values.sum() - values) / (len(values) - 1)])


def test_the_jackknife_of_a_mean_is_its_standard_error_times_student_t() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])

    figure = jackknife(leave_one_out(values))

    half = t.ppf(0.975, 3) * values.std(ddof=1) / 2
    assert figure.value == pytest.approx(4.0)
    assert figure.low == pytest.approx(4 - half)
    assert figure.half_width == pytest.approx(half)


def test_the_interval_of_a_variance_covers_95_of_100() -> None:
    draws = np.random.Generator(np.random.Philox(5)).normal(size=(600, 32, 40))
    hits = 0
    for each in draws:
        squares = (each**2).mean(1)
        figure = jackknife(leave_one_out(squares))
        hits += figure.low <= 1 <= figure.high

    low, high = binom.interval(1 - 1e-6, 600, 0.95)
    assert low <= hits <= high


def test_a_floor_bounds_the_interval_and_not_the_value() -> None:
    figure = jackknife(leave_one_out(np.array([0.0, 0.1, 0.5])), floor=0.0)

    assert figure.low == 0
    assert figure.value == pytest.approx(0.2)


def test_one_group_gives_no_interval() -> None:
    with pytest.raises(CalibrationError, match="two groups"):
        jackknife(np.array([1.0, 1.0]))


def test_a_figure_that_is_no_number_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no number"):
        jackknife(np.array([1.0, np.nan, 2.0]))


def test_electrons_carry_the_error_of_the_gain() -> None:
    gain = Figure(value=0.5, low=0.49, high=0.51)  # 2 %

    figure = in_electrons(Figure(value=5.0, low=4.7, high=5.3), gain)

    assert figure.value == pytest.approx(10.0)
    assert figure.high == pytest.approx(10 + np.hypot(0.6, 0.2))
    assert figure.low == pytest.approx(10 - np.hypot(0.6, 0.2))


def test_electrons_without_a_gain_are_refused() -> None:
    with pytest.raises(CalibrationError, match="gain"):
        in_electrons(Figure(value=1.0), not_measured("no light"))


def test_a_record_says_why_there_is_no_value() -> None:
    assert not_measured("no darks").record() == {
        "value": None, "low": None, "high": None, "reason": "no darks",
    }  # fmt: skip
    assert "reason" not in Figure(value=1.0, low=0.5, high=1.5).record()
