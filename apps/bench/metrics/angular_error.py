"""Angular error of an estimated light."""

import numpy as np
from numpy.typing import ArrayLike

from isp.core.errors import FrameError


def angular_error_deg(estimate: ArrayLike, truth: ArrayLike) -> float:
    """acos(<e, g> / |e||g|) between two lights in camera RGB, degrees; their brightness is free.

    Raises FrameError for lights that are not three positive numbers.

    Source: CONVENTIONS 1.5; Finlayson et al., CIC 1995.

    >>> round(angular_error_deg([1, 1, 1], [1, 1, 0.5]), 3)
    15.793
    """
    lights = [np.asarray(light, dtype=float) for light in (estimate, truth)]
    for light in lights:
        if light.shape != (3,) or not (np.isfinite(light).all() and (light > 0).all()):
            raise FrameError(f"a light is three positive numbers, not {light.tolist()}")
    e, g = (light / np.linalg.norm(light) for light in lights)
    # atan2 of the parts across and along: acos would lose angles below 1e-6.
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(e, g)), e @ g)))
