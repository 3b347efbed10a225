"""A sine grating is integrated over each pixel, so that it loses the pixel's own MTF."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import UsageError
from simulate.scenes.sine_grating import sine_grating


@given(
    frequency=st.floats(0, 1.5), angle=st.floats(-180, 180), phase=st.floats(-180, 180),
    modulation=st.floats(0, 1),
)  # fmt: skip
def test_a_pixel_is_the_mean_of_the_wave_over_its_area(
    frequency: float, angle: float, phase: float, modulation: float
) -> None:
    picture = sine_grating(
        3, 5, frequency=frequency, angle=angle, phase=phase, modulation=modulation, luminance=80.0
    )

    places, weights = np.polynomial.legendre.leggauss(24)
    x, y = (4 + (places + 1) / 2) - 2.5, (0 + (places + 1) / 2) - 1.5  # of the upper right pixel
    turn = math.radians(angle)
    wave = np.cos(
        2 * np.pi * frequency * (x * math.cos(turn) + y[:, None] * math.sin(turn))
        + math.radians(phase)
    )
    mean = weights @ wave @ weights / 4
    assert picture[0, 4].tolist() == pytest.approx([0.8 * (1 + modulation * mean)] * 3, abs=1e-6)


def test_whole_cycles_within_a_pixel_leave_the_mean() -> None:
    np.testing.assert_allclose(sine_grating(4, 6, frequency=1.0, luminance=50.0), 0.5, atol=1e-7)


def test_the_centre_is_a_maximum_at_phase_nought() -> None:
    picture = sine_grating(1, 41, frequency=0.05)[0, :, 0]

    assert picture[20] == pytest.approx(1 + np.sinc(0.05))
    assert picture[10] == pytest.approx(1 - np.sinc(0.05), abs=1e-6)  # half a cycle away


@pytest.mark.parametrize("wrong", [{"frequency": -1.0}, {"modulation": 1.1}, {"luminance": -1.0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        sine_grating(4, 4, **wrong)
