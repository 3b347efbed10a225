"""SSIM in a flat window equals scikit-image's defaults, which papers print."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from apps.bench.metrics.ssim_uniform import ssim_uniform
from isp.core.errors import FrameError


def planes(channels: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:33, :47]
    truth = np.stack([0.5 + 0.4 * np.sin(0.2 * x + k * 0.1 * y) for k in range(channels)], -1)
    return truth + 0.1 * rng.standard_normal(truth.shape), truth


@pytest.mark.parametrize("peak", [1.0, 255.0])
@pytest.mark.parametrize("channels", [3, 4])
def test_it_equals_scikit_image(channels: int, peak: float) -> None:
    picture, truth = (peak * values for values in planes(channels))

    expected = structural_similarity(truth, picture, data_range=peak, channel_axis=2)
    assert ssim_uniform(picture, truth, peak=peak) == pytest.approx(expected, abs=1e-9)


def test_what_cannot_be_compared_is_refused() -> None:
    picture, truth = planes(4)

    with pytest.raises(FrameError, match="peak is above 0"):
        ssim_uniform(picture, truth, peak=0)
    with pytest.raises(FrameError, match="7 x 7 pixels or more"):
        ssim_uniform(picture[:6], truth[:6])
    with pytest.raises(FrameError, match="3 or 4"):
        ssim_uniform(picture[..., :2], truth[..., :2])
