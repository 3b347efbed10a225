"""The linearity error is relative to a line through small signals too."""

import numpy as np
import pytest

from calibration.linearity import linearity_errors

LIGHT = np.linspace(0, 100, 21)


def test_a_straight_response_with_an_offset_has_no_error() -> None:
    signal = (2 + 3 * LIGHT)[:, None]

    assert np.abs(linearity_errors(LIGHT, signal, 20)).max() < 1e-12


def test_the_weights_make_relative_errors_count_alike() -> None:
    # One point 1 % off: of n equal relative weights it departs by 1 % less its own pull.
    signal = (3 * LIGHT)[:, None] * np.where(np.arange(21) == 10, 1.01, 1)[:, None]

    errors = linearity_errors(LIGHT, signal, 20)[:, 0]

    used = np.flatnonzero((signal[:, 0] >= 0.05 * 300) & (signal[:, 0] <= 0.95 * 300))
    design = np.stack([np.ones(len(used)), LIGHT[used]], 1) / signal[used]
    line = (
        np.stack([np.ones(len(used)), LIGHT[used]], 1)
        @ np.linalg.lstsq(design, np.ones(len(used)), rcond=None)[0]
    )
    np.testing.assert_allclose(errors, 100 * (signal[used, 0] / line - 1), rtol=1e-9)
    assert errors.argmax() == list(used).index(10)


def test_only_5_to_95_percent_of_saturation_count() -> None:
    signal = (3 * LIGHT)[:, None]
    signal[1] = 0.5  # far off the line, but dark

    assert np.abs(linearity_errors(LIGHT, signal, 20)).max() < 1e-12


def test_two_levels_give_no_error() -> None:
    assert linearity_errors(np.array([0.0, 50, 100]), np.array([[0.0], [50], [100]]), 2).size == 0


@pytest.mark.parametrize("bend", [0.01, 0.03])
def test_a_bent_response_errs_low_in_the_middle_or_high(bend: float) -> None:
    share = LIGHT / 100
    signal = (3 * LIGHT * (1 - bend * share))[:, None]

    errors = linearity_errors(LIGHT, signal, 20)[:, 0]

    assert errors.min() < 0 < errors.max() < 100 * bend
