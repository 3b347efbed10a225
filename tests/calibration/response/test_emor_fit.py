"""The model's fit finds a curve of the model, and always a rising one."""

import numpy as np
import pytest
import torch

from calibration.response.emor_fit import fit_emor
from isp.core.emor import Emor
from isp.core.errors import UsageError
from tests.calibration.response.brackets import bracket_of


def model(inverse: bool = True) -> Emor:
    grid = torch.linspace(0, 1, 1024, dtype=torch.float64)
    ways = torch.stack([(torch.pi * k * grid).sin() for k in (1, 2)])
    return Emor(grid, grid**2, ways, inverse)


def test_a_curve_of_the_model_is_found() -> None:
    curve = np.linspace(0, 1, 256) ** 2 + 0.05 * np.sin(np.pi * np.linspace(0, 1, 256))

    found = fit_emor(bracket_of(curve), model(), terms=2)

    assert np.abs(found.exposure_of_code - curve).max() < 0.006
    assert found.order == 2


def test_the_model_of_codes_and_too_many_terms_are_refused() -> None:
    bracket = bracket_of(np.linspace(0, 1, 256) ** 2)
    with pytest.raises(UsageError, match="inverse"):
        fit_emor(bracket, model(inverse=False), terms=2)
    with pytest.raises(UsageError, match="terms"):
        fit_emor(bracket, model(), terms=3)
