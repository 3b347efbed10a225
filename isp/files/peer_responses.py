"""OpenCV's response calibrations, to hold beside ours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import MissingError, UsageError

METHODS = ("debevec", "robertson")


def opencv_response(
    pictures: Sequence[NDArray[np.uint8]], times_s: Sequence[float], method: str
) -> NDArray[np.float64]:
    """Exposure of each code, (256, 3), by OpenCV with its own settings but for 1000 pixels.

    pictures: (h, w, 3), of one size; channels keep their order. debevec: 1000 pixels instead of
    its 70, smoothness 10. robertson: all pixels.

    Raises UsageError for another method, MissingError without OpenCV.
    """
    if method not in METHODS:
        raise UsageError(f"OpenCV calibrates by {' or '.join(METHODS)}, not {method}")
    try:
        import cv2
    except ImportError as error:
        raise MissingError("OpenCV is not installed; pip install opencv-python-headless") from error
    calibrate = (
        cv2.createCalibrateDebevec(samples=1000, random=False)
        if method == "debevec"
        else cv2.createCalibrateRobertson()
    )
    times = np.array(times_s, dtype=np.float32)
    found: NDArray[np.float64] = calibrate.process(list(pictures), times).astype(np.float64)
    return found[:, 0]
