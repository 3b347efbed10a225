"""OpenCV's denoising of colours, to measure ours by."""

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import MissingError


def opencv_colour_means(codes: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Non-local means of the colours of sRGB codes (h, w, 3), of the lightness none.

    strength: OpenCV's hColor; its h is 0.

    Raises MissingError without OpenCV.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingError("opencv is not installed; pip install fullwell[dev]") from error
    swapped = np.ascontiguousarray(codes[..., ::-1])
    found = cv2.fastNlMeansDenoisingColored(swapped, None, 0, strength)
    return np.asarray(found[..., ::-1], np.uint8)
