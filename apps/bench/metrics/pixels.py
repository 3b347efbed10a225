"""What every picture metric takes: two pictures of one size and the pixels that count."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isp.core.errors import FrameError

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


def paired(
    picture: ArrayLike,
    truth: ArrayLike,
    measured: ArrayLike | None,
    channels: tuple[int, ...] = (3,),
) -> tuple[Values, Values, Mask]:
    """Both pictures (h, w, 3) in float64, and a mask (h, w): all True when measured is None.

    measured: (h, w), (h, w, 1) or (h, w, 3); a pixel counts when all its channels do.
    channels: how many a picture may have; 4 are the planes of packed raw.

    Raises FrameError when shapes differ, a value is not finite, or no pixel counts.
    """
    picture, truth = np.asarray(picture, np.float64), np.asarray(truth, np.float64)
    same = picture.shape == truth.shape and picture.ndim == 3
    if not same or picture.shape[2] not in channels:
        planes = " or ".join(str(count) for count in channels)
        raise FrameError(
            f"a metric takes two pictures (h, w, {planes}) of one size, got {picture.shape} and"
            f" {truth.shape}"
        )
    if not (np.isfinite(picture).all() and np.isfinite(truth).all()):
        raise FrameError("a metric takes finite values, but a picture holds NaN or infinity")
    size = picture.shape[:2]
    counts = np.ones(size, dtype=bool) if measured is None else np.asarray(measured)
    if counts.dtype != np.bool_:
        raise FrameError(f"measured is a boolean mask, got {counts.dtype}")
    if counts.ndim == 3:
        counts = np.asarray(counts.all(axis=2))
    if counts.shape != size:
        raise FrameError(f"measured covers {counts.shape}, but the pictures are {size}")
    if not counts.any():
        raise FrameError(f"no pixel of {size[0]} x {size[1]} is measured: nothing to compare")
    return picture, truth, counts
