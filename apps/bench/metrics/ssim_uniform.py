"""Structural similarity in a flat 7 x 7 window, as most papers on raw denoising print it."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import uniform_filter

from apps.bench.metrics.pixels import Values, paired
from apps.bench.metrics.ssim import K1, K2
from isp.core.errors import FrameError

SIDE: Final = 7
SAMPLES: Final = SIDE * SIDE


def ssim_uniform(picture: ArrayLike, truth: ArrayLike, *, peak: float = 1.0) -> float:
    """Mean structural similarity over pixels and channels, at most 1 (equal), no unit.

    Means and unbiased variances over 7 x 7 pixels, all of one weight: scikit-image's defaults,
    which the tables of ELD and its successors rest on. Not comparable with `ssim`.

    picture, truth: (h, w, 3), or the planes of packed raw, (h, w, 4); 7 x 7 pixels or more.
    peak: full scale. The three pixels along the border, whose windows are cut, are left out.

    Raises FrameError for pictures that cannot be compared.

    Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004, equation 13, section IV with
    the flat window of Wang and Bovik, IEEE Signal Processing Letters 9(3), 2002.

    >>> ramp = np.linspace(0, 1, 8 * 8 * 4).reshape(8, 8, 4)
    >>> round(ssim_uniform(ramp, ramp), 12)
    1.0
    """
    if not peak > 0:
        raise FrameError(f"peak is above 0, got {peak}")
    picture, truth, counts = paired(picture, truth, None, channels=(3, 4))
    if min(counts.shape) < SIDE:
        raise FrameError(f"ssim_uniform takes 7 x 7 pixels or more, got {counts.shape}")
    unbiased = SAMPLES / (SAMPLES - 1)
    mean_p, mean_t = _averaged(picture), _averaged(truth)
    variance_p = unbiased * (_averaged(picture**2) - mean_p**2)
    variance_t = unbiased * (_averaged(truth**2) - mean_t**2)
    covariance = unbiased * (_averaged(picture * truth) - mean_p * mean_t)
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    similarity = ((2 * mean_p * mean_t + c1) * (2 * covariance + c2)) / (
        (mean_p**2 + mean_t**2 + c1) * (variance_p + variance_t + c2)
    )
    border = SIDE // 2
    return float(similarity[border:-border, border:-border].mean())


def _averaged(values: Values) -> Values:
    return np.asarray(uniform_filter(values, (SIDE, SIDE, 1)))
