"""Peak signal-to-noise ratio."""

import numpy as np
from numpy.typing import ArrayLike

from apps.bench.metrics.pixels import paired
from isp.core.errors import FrameError


def psnr_db(
    picture: ArrayLike, truth: ArrayLike, *, peak: float = 1.0, measured: ArrayLike | None = None
) -> float:
    """10 log10(peak^2 / mean squared error) over all three channels, in dB.

    picture, truth: (h, w, 3) in one domain, linear or encoded: the number holds for that one.
    peak: what counts as full scale there (1 for 0..1, 255 for 8-bit codes).
    measured: mask (h, w), (h, w, 1) or (h, w, 3) of the pixels to compare; None for all.

    Infinite for equal pictures. Raises FrameError for pictures that cannot be compared.

    >>> grey = np.full((4, 4, 3), 0.5)
    >>> round(psnr_db(grey + 0.1, grey), 6)
    20.0
    """
    if not peak > 0:
        raise FrameError(f"peak is above 0, got {peak}")
    picture, truth, counts = paired(picture, truth, measured)
    error = float(np.mean((picture[counts] - truth[counts]) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(peak**2 / error))
