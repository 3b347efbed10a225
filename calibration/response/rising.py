"""Make the exposures of codes a curve that a Response takes: strictly rising from 0 to 1."""

import numpy as np
import torch

from calibration.response.bracket_codes import CODES, Values
from isp.core.emor import monotone
from isp.core.errors import CalibrationError

LEAST_STEP = 1e-7  # between codes; 2.2-power curves begin with 5e-6


def rising(exposure_of_code: Values) -> Values:
    """Return the nearest strictly rising curve, 0 at code 0 and 1 at code 255.

    Code 0 stands for all light below the first step, so that its exposure is set, not measured.

    Raises CalibrationError for values that are not finite.

    >>> bool((np.diff(rising(np.linspace(0.01, 1, 256))) > 0).all())
    True
    """
    if exposure_of_code.shape != (CODES,) or not np.isfinite(exposure_of_code).all():
        raise CalibrationError("the codes of this bracket determine no finite response curve")
    curve = torch.from_numpy(exposure_of_code)
    values: Values = monotone(curve, least_step=LEAST_STEP).numpy()
    return values
