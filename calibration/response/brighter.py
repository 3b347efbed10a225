"""Whether each picture of a bracket is brighter than the one before."""

import numpy as np
from numpy.typing import NDArray

from calibration.response.bracket_codes import LAST
from isp.core.errors import CalibrationError

# From this code on, 1.2 times the light is more than 2 codes in a camera of any power up to 2.6.
MIDTONES = 32
LEAST_PIXELS = 200


def refuse_equal_light(codes: NDArray[np.int64], names: list[str]) -> None:
    """Refuse pictures that show the same light, whatever exposures they are said to have.

    codes: (pixels, pictures) of one channel, in the order of exposure. What was saved again, or
    shot twice at one exposure, differs by noise; half of its codes are no higher.

    Raises CalibrationError naming both pictures.
    """
    for darker in range(codes.shape[1] - 1):
        dark, bright = codes[:, darker], codes[:, darker + 1]
        both = (dark >= MIDTONES) & (dark < LAST) & (bright > 0) & (bright < LAST)
        if both.sum() >= LEAST_PIXELS and np.median((bright - dark)[both]) == 0:
            raise CalibrationError(
                f"{names[darker + 1]} is no brighter than {names[darker]}, although its exposure "
                "is said to be longer: they are one exposure; correct the times, or leave one out"
            )
