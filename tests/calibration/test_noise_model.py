"""The least model that holds what the darks show, in words with its fit."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.line_noise import LineNoise
from calibration.noise_model import choose_model
from calibration.read_noise import ReadNoiseLaw, read_noise_law
from calibration.uncertainty import Figure

GAIN = Figure(value=1.0, low=1.0, high=1.0)
SEEN, UNSEEN = (Figure(value=1.0, low=low, high=1.2) for low in (0.8, 0.0))


def law(heavy: bool, deviation: float = 3.0) -> ReadNoiseLaw:
    """Of drawn residuals: normal, or a Tukey lambda of shape -0.1, which is heavier."""
    draw = np.random.Generator(np.random.Philox(4))
    u = draw.uniform(0, 1, 200_000)
    values = (u**-0.1 - (1 - u) ** -0.1) / -0.1 if heavy else draw.normal(0, 1, 200_000)
    values *= deviation / values.std()
    return read_noise_law(values, frames=64, gain_dn_per_e=GAIN, deviation_dn=deviation)


def lines(row: Figure) -> LineNoise:
    """Row noise, and no column noise."""
    return LineNoise(row=row, column=UNSEEN, row_signal=np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("heavy", "row", "name"),
    [(False, UNSEEN, "poisson_gaussian"), (False, SEEN, "gaussian_lines"),
     (True, UNSEEN, "tukey_lambda"), (True, SEEN, "tukey_lambda_lines")],
)  # fmt: skip
def test_the_least_model_is_chosen(heavy: bool, row: Figure, name: str) -> None:
    found = choose_model(law(heavy), lines(row), None)

    assert found.name == name
    assert ("row noise" in found.sentence) == (row is SEEN)
    assert ("Tukey lambda of shape" in found.sentence) == heavy
    assert found.correlation > 0.999
    assert f"{found.gaussian_correlation:.6f}" in found.sentence


def test_a_hidden_law_is_said() -> None:
    found = choose_model(law(False, deviation=0.3), None, None)

    assert (found.name, found.correlation) == ("none", None)
    assert "quantisation-limited" in found.sentence
    assert "no stack of darks" in choose_model(None, None, None).sentence


def test_a_little_gain_of_information_is_not_enough() -> None:
    barely = replace(law(True), model="gaussian", information_gain=9.0)

    assert choose_model(barely, None, None).name == "poisson_gaussian"


def test_quantiles_of_the_plot_lie_on_the_diagonal_of_the_right_law() -> None:
    found = law(False)

    middle = np.abs(found.gaussian_quantiles) < 3
    away = (found.quantiles - found.gaussian_quantiles)[middle]
    assert np.abs(away).max() < 0.05  # 5 sqrt(p (1 - p) / n) / density at 3 deviations
    heavy = law(True)
    assert heavy.quantiles[-1] > 1.5 * heavy.gaussian_quantiles[-1]


def test_photosites_that_were_left_out_are_said() -> None:
    whole, most = law(True), replace(law(True), left_out=0.0125)

    assert "photosites" not in choose_model(whole, None, None).sentence
    assert "Without 1.25% of the photosites" in choose_model(most, None, None).sentence
