"""SSIM equals scikit-image's with Wang's window, and a mask keeps unmeasured pixels out."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from apps.bench.metrics.ssim import ssim
from isp.core.errors import FrameError


def pictures(channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:40, :53]
    truth = np.stack([0.5 + 0.4 * np.sin(0.2 * x + k * 0.1 * y) for k in range(channels)], -1)
    return truth + 0.1 * rng.standard_normal(truth.shape), truth


@pytest.mark.parametrize(("peak", "channels"), [(1.0, 3), (255.0, 3), (1.0, 4)])
def test_it_equals_scikit_image(peak: float, channels: int) -> None:
    picture, truth = (peak * values for values in pictures(channels))

    expected = structural_similarity(
        truth,
        picture,
        data_range=peak,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(picture, truth, peak=peak) == pytest.approx(expected, abs=1e-9)


def test_equal_pictures_have_ssim_one_and_noise_lowers_it() -> None:
    picture, truth = pictures()

    assert ssim(truth, truth) == pytest.approx(1)
    assert ssim(picture, truth) < 0.9


def test_a_full_mask_changes_nothing() -> None:
    picture, truth = pictures()

    full = np.ones(truth.shape[:2], dtype=bool)
    assert ssim(picture, truth, measured=full) == pytest.approx(ssim(picture, truth), abs=1e-12)


def test_unmeasured_pixels_do_not_count_even_through_a_window() -> None:
    picture, truth = pictures()
    measured = np.ones(truth.shape[:2], dtype=bool)
    measured[12:20, 20:30] = False
    spoiled = picture.copy()
    spoiled[12:20, 20:30] = 1e3

    kept = ssim(picture, truth, measured=measured)

    assert ssim(spoiled, truth, measured=measured) == pytest.approx(kept, abs=1e-12)


@pytest.mark.parametrize(
    ("size", "inner", "reason"), [((10, 40), True, "11 x 11"), ((12, 40), False, "from the border")]
)
def test_too_few_pixels_are_refused(size: tuple[int, int], inner: bool, reason: str) -> None:
    picture = np.zeros((*size, 3))
    measured = np.ones(size, dtype=bool)
    measured[5:-5, 5:-5] = inner

    with pytest.raises(FrameError, match=reason):
        ssim(picture, picture, measured=measured)
