"""Measured curves hold their truth in their bands."""

from pathlib import Path

import numpy as np
import pytest

from apps.response_trials import Score, scores, trial
from calibration.response.bracket_codes import BracketCodes
from calibration.response.measure import METHODS, measure_curve
from isp.core.errors import CalibrationError, UsageError
from isp.core.response import Response
from isp.files.response_curves import read_emor
from tests.calibration.response.brackets import bracket_of, power_curve


def of_cameras(count: int, seed: int) -> list[Score]:
    refused: list[str] = []
    found = scores(
        lambda one: measure_curve(one.bracket), [trial(seed, i) for i in range(count)], refused
    )
    assert len(refused) <= count // 20 + 1, refused
    return found


def test_a_dozen_random_cameras_are_found_and_covered() -> None:
    found = of_cameras(12, seed=11)

    assert np.median([one.rmse for one in found]) < 0.008  # 12 of a median below 0.005
    assert np.mean([one.covered for one in found]) > 0.85


@pytest.mark.slow
def test_five_hundred_random_cameras_are_within_half_a_percent_and_covered() -> None:
    found = of_cameras(500, seed=7)

    assert np.median([one.rmse for one in found]) < 0.005
    assert 0.93 < np.mean([one.covered for one in found]) < 0.97


def test_a_power_camera_lies_in_the_band_of_every_method(shared_data: Path) -> None:
    one = trial(3, 1, response=Response.power(2.2))
    curve, bracket = one.truth, one.bracket
    model = read_emor(shared_data / "crf/invemor.txt")
    for method in METHODS:
        found = measure_curve(bracket, method, model=model, repeats=6)
        known = slice(found.codes[0], found.codes[1] + 1)

        inside = (found.low <= curve)[known] & (curve <= found.high)[known]
        assert inside.mean() > 0.8, method


def test_an_error_of_the_shutters_widens_the_band() -> None:
    bracket = bracket_of(power_curve(), pixels=2000)
    sure, unsure = (measure_curve(bracket, exposure_error=e, repeats=6) for e in (0.0, 0.05))

    assert (unsure.high - unsure.low)[128] > 1.5 * (sure.high - sure.low)[128]


def test_a_bracket_without_bright_codes_says_how_to_reshoot() -> None:
    dark = bracket_of(power_curve(1.0), (-5.0, -4.0, -3.0))
    with pytest.raises(CalibrationError, match=r"parts of it are white$"):
        measure_curve(dark)


def test_bright_codes_that_were_not_chosen_are_offered() -> None:
    dark = bracket_of(power_curve(1.0), (-5.0, -4.0, -3.0))
    offered = np.zeros(256, dtype=np.int64)
    offered[:241], offered[241:251] = 5, 4  # 5 times is seen often enough
    of_more = BracketCodes(dark.codes, dark.log_exposures, offered)
    with pytest.raises(CalibrationError, match=r"or raise --pixels: .* codes up to 240$"):
        measure_curve(of_more)


@pytest.mark.parametrize("exposure_error", [0.0, 0.02])
def test_a_curve_is_never_sure_because_its_pictures_are_copies(exposure_error: float) -> None:
    codes = np.repeat(np.arange(20, 240).repeat(10)[:, None], 2, axis=1)
    copies = BracketCodes(codes, np.log([1.0, 2.0]))
    with pytest.raises(CalibrationError, match="no noise"):
        measure_curve(copies, repeats=6, exposure_error=exposure_error)


def test_unknown_methods_and_a_missing_model_are_refused() -> None:
    bracket = bracket_of(power_curve())
    with pytest.raises(UsageError, match="no method"):
        measure_curve(bracket, "magic")
    with pytest.raises(UsageError, match="invemor"):
        measure_curve(bracket, "emor")
