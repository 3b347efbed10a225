"""The step that doubles the dark current comes back, or it is said why not."""

import numpy as np
import pytest

from calibration.captures import Stack
from calibration.doubling import dark_warming, doubling_temperature
from calibration.moments import gather
from calibration.uncertainty import Figure
from tests.calibration.flat_camera import FlatCamera

GAIN = Figure(value=0.25, low=0.25, high=0.25)


def darks(temperatures: tuple[float, ...], doubling_k: float = 6.3) -> list[Stack]:
    """Darks of two exposure times at each temperature, 50 e-/s at 20 degC."""
    stacks = []
    for warmth in temperatures:
        rate = 50 * 2 ** ((warmth - 20) / doubling_k)
        camera = FlatCamera(size=(64, 64), dark_current_e_per_s=rate, seed=int(warmth))
        for time in (0.1, 2.0):
            frames = camera.frames(0.0, time, 2)
            stacks.append(
                Stack(
                    name=f"{warmth} {time}", dark=True, exposure_time_s=time, iso=100.0,
                    photons=None, temperature_c=warmth, count=2, frames=lambda f=frames: f,
                )
            )  # fmt: skip
    return stacks


def test_the_doubling_temperature_of_a_camera_comes_back() -> None:
    found = dark_warming(darks((20, 27, 35)), GAIN, lambda stack: gather(stack.frames()))

    assert found.temperatures_c == (20, 27, 35)
    assert found.currents_e_per_s[0].low < 50 < found.currents_e_per_s[0].high
    step = found.doubling_temperature_k
    assert step.low < 6.3 < step.high
    assert step.half_width < 0.3


def test_two_temperatures_give_none() -> None:
    found = dark_warming(darks((20, 30)), GAIN, lambda stack: gather(stack.frames()))

    assert found.doubling_temperature_k.value is None
    assert "3 temperatures" in found.doubling_temperature_k.reason
    assert len(found.currents_e_per_s) == 2


def test_scatter_beyond_the_intervals_widens_them() -> None:
    def step(currents: tuple[float, ...]) -> Figure:
        sure = [Figure(value=v, low=0.999 * v, high=1.001 * v) for v in currents]
        return doubling_temperature([10, 20, 30, 40], sure)

    on_the_line, off = step((1, 2, 4, 8)), step((1, 2.6, 3.2, 8))
    assert on_the_line.value == pytest.approx(10)
    assert off.half_width > 100 * on_the_line.half_width


def test_a_current_that_falls_or_is_not_seen_is_said() -> None:
    steady = [Figure(value=v, low=0.99 * v, high=1.01 * v) for v in (4.0, 2.0, 1.0)]
    assert "does not rise" in doubling_temperature([10, 20, 30], steady).reason
    unseen = [*steady[:2], Figure(value=0.1, low=-0.1, high=0.3)]
    assert "2 have one" in doubling_temperature([10, 20, 30], unseen).reason


def test_the_interval_covers_95_of_100() -> None:
    draw = np.random.Generator(np.random.Philox(11))
    hits, repeats = 0, 2000
    for _ in range(repeats):
        truth = 10.0 * 2 ** (np.array([0, 10, 20, 30]) / 7)
        seen = truth * (1 + draw.normal(0, 0.02, 4))
        figures = [Figure(value=v, low=v * (1 - 0.0392), high=v * (1 + 0.0392)) for v in seen]
        found = doubling_temperature([0, 10, 20, 30], figures)
        hits += found.low <= 7 <= found.high
    # The wider of two intervals: never fewer than 95 of 100, within five standard errors.
    assert hits / repeats > 0.95 - 5 * (0.95 * 0.05 / repeats) ** 0.5
