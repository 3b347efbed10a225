"""Debevec and Malik's fit: the printed objective, colour-hdri's stored curves, known cameras."""

from pathlib import Path

import numpy as np
import pytest

from calibration.response.bracket_codes import BracketCodes
from calibration.response.debevec1997 import fit_debevec, solve_debevec
from isp.core.errors import UsageError
from tests.calibration.response.brackets import bracket_of, power_curve

LOG_EXPOSURES = np.array([-4.15888308, -2.07944154, 0.0])  # the README beside the data


def hat_of_colour_hdri() -> np.ndarray:
    """Its weights: a hat over 1 % to 99 % of the range, 1 at the top.

    Beyond it is 0, which leaves those codes to the solver; here they weigh next to nothing.
    """
    code = np.arange(256) / 255
    hat = np.minimum(code - 0.01, 0.99 - code).clip(min=1e-6)
    return np.asarray(hat / hat.max())


def test_it_gives_colour_hdris_stored_solution_of_the_same_samples(shared_data: Path) -> None:
    folder = shared_data / "crf/colour_hdri_debevec1997"
    samples = np.load(folder / "test_samples_Grossberg2003.npy")
    for channel in range(3):
        stored = np.load(folder / f"test_g_solve_g_{channel}.npy").reshape(-1)
        codes = np.rint(samples[..., channel]).astype(np.int64)

        g, _ = solve_debevec(
            BracketCodes(codes, LOG_EXPOSURES), refine=False, smoothness=30.0**2,
            weights=hat_of_colour_hdri(),
        )  # fmt: skip

        # Its clipped samples weigh nothing; those of pixels measured once say nothing.
        np.testing.assert_allclose(g[3:252], stored[3:252], atol=1e-6)


def test_a_power_camera_is_found_within_its_rounding() -> None:
    curve = power_curve(2.0)

    found = fit_debevec(bracket_of(curve))

    assert np.abs(found.exposure_of_code - curve).max() < 0.01
    assert np.sqrt(np.mean((found.exposure_of_code - curve) ** 2)) < 0.004


def test_exposures_that_are_said_wrong_between_the_ends_are_put_right() -> None:
    said = (-2.0, -0.9, -0.1, 1.0, 2.0)

    found = fit_debevec(bracket_of(power_curve(), given=said))

    steps = np.diff(found.log_exposures) / np.log(2)
    np.testing.assert_allclose(steps, 1.0, atol=0.01)


@pytest.mark.parametrize("smoothness", [0.0, -1.0, float("nan")])
def test_a_smoothness_that_is_none_is_refused(smoothness: float) -> None:
    with pytest.raises(UsageError, match="smoothness"):
        fit_debevec(bracket_of(power_curve()), smoothness=smoothness)
