"""Structural similarity in a Gaussian window."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter

from apps.bench.metrics.pixels import Values, paired
from isp.core.errors import FrameError

SIGMA: Final = 1.5  # Wang 2004: an 11 x 11 window of standard deviation 1.5 pixels
RADIUS: Final = 5
K1: Final = 0.01
K2: Final = 0.03


def ssim(
    picture: ArrayLike, truth: ArrayLike, *, peak: float = 1.0, measured: ArrayLike | None = None
) -> float:
    """Mean structural similarity over pixels and channels, at most 1 (equal), no unit.

    picture, truth: (h, w, 3) in one domain, or the planes of packed raw, (h, w, 4); 11 x 11 pixels
        or more. Made for encoded values.
    peak: full scale there (1 for 0..1, 255 for 8-bit codes).
    measured: mask (h, w), or with 1 or all channels; local means are then taken over the measured
        pixels of each window and the result averaged over measured pixels. None for all.

    The five pixels along the border, whose windows are cut, are left out.
    Raises FrameError for pictures that cannot be compared.

    Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004, equations 12-17.

    >>> ramp = np.linspace(0, 1, 16 * 16 * 3).reshape(16, 16, 3)
    >>> ssim(ramp, ramp)
    1.0
    """
    if not peak > 0:
        raise FrameError(f"peak is above 0, got {peak}")
    picture, truth, counts = paired(picture, truth, measured, channels=(3, 4))
    if min(counts.shape) < 2 * RADIUS + 1:
        raise FrameError(f"ssim takes 11 x 11 pixels or more, got {counts.shape}")
    inner = (slice(RADIUS, -RADIUS), slice(RADIUS, -RADIUS))
    if not counts[inner].any():
        raise FrameError("no pixel five or more from the border is measured: nothing to compare")
    weight = counts[..., None].astype(np.float64)
    share = np.maximum(_blurred(weight), 1e-12)

    def local_mean(values: Values) -> Values:
        return _blurred(values * weight) / share

    mean_p, mean_t = local_mean(picture), local_mean(truth)
    variance_p = local_mean(picture**2) - mean_p**2
    variance_t = local_mean(truth**2) - mean_t**2
    covariance = local_mean(picture * truth) - mean_p * mean_t
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    similarity = ((2 * mean_p * mean_t + c1) * (2 * covariance + c2)) / (
        (mean_p**2 + mean_t**2 + c1) * (variance_p + variance_t + c2)
    )
    return float(similarity[inner][counts[inner]].mean())


def _blurred(values: Values) -> Values:
    return np.asarray(gaussian_filter(values, (SIGMA, SIGMA, 0), radius=(RADIUS, RADIUS, 0)))
