"""Brackets taken again have the noise that was asked for, and repeat by seed."""

import numpy as np

from calibration.response.bracket_codes import CurveFit
from calibration.response.debevec1997 import fit_debevec
from calibration.response.resampling import strayed, taken_again
from isp.core.rng import Draws, Effect
from tests.calibration.response.brackets import bracket_of, power_curve

DRAWS = Draws(seed=1, effect=Effect.AUGMENTATION)


def test_without_noise_the_bracket_is_taken_as_it_was() -> None:
    bracket = bracket_of(power_curve(1.0), (0.0, 1.0))
    truth = CurveFit(power_curve(1.0), bracket.log_exposures)

    again = taken_again(bracket, truth, (0.0, 0.0), DRAWS)

    before = bracket.codes[bracket.measured.any(axis=1)]
    assert again.codes.shape == before.shape
    assert np.abs(again.codes - before).max() <= 1


def test_scatter_grows_with_noise_and_comes_again_by_seed() -> None:
    bracket = bracket_of(power_curve(1.0), pixels=1500)
    truth = CurveFit(power_curve(1.0), bracket.log_exposures)
    quiet, loud, again = (
        strayed(bracket, truth, (0.0, shot), fit_debevec, repeats=6) for shot in (1e-5, 1e-3, 1e-3)
    )

    assert (loud.deviations[:, 128].std() > 3 * quiet.deviations[:, 128].std()).all()
    np.testing.assert_array_equal(loud.deviations, again.deviations)
