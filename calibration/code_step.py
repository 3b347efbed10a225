"""The converter's step, by the distances between the codes that captures hold."""

import math
from collections.abc import Iterable

from calibration.moments import Moments


def common_step(exposures: Iterable[Moments]) -> int:
    """The step of captures that one converter took, DN.

    Left-justified or multiplied values have one above 1, and quantisation noise in its measure.
    """
    return math.gcd(*(moments.step for moments in exposures)) or 1
