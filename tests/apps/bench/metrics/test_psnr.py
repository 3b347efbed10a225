"""PSNR is the definition's number, over the pixels asked for."""

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from apps.bench.metrics.psnr import psnr_db
from isp.core.errors import FrameError


def pictures(peak: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    truth = rng.random((21, 34, 3)) * peak
    return truth + 0.05 * peak * rng.standard_normal(truth.shape), truth


def test_an_error_of_a_tenth_everywhere_is_twenty_decibel() -> None:
    assert psnr_db(np.full((2, 2, 3), 0.6), np.full((2, 2, 3), 0.5)) == pytest.approx(20)


@pytest.mark.parametrize("peak", [1.0, 255.0])
def test_it_equals_scikit_image(peak: float) -> None:
    picture, truth = pictures(peak)

    expected = peak_signal_noise_ratio(truth, picture, data_range=peak)
    assert psnr_db(picture, truth, peak=peak) == pytest.approx(expected, abs=1e-9)


def test_unmeasured_pixels_do_not_count() -> None:
    picture, truth = pictures()
    measured = np.ones(truth.shape[:2], dtype=bool)
    measured[:10] = False
    spoiled = picture.copy()
    spoiled[:10] = 40

    masked = psnr_db(spoiled, truth, measured=measured)

    assert masked == pytest.approx(psnr_db(picture[10:], truth[10:]), abs=1e-9)


def test_equal_pictures_have_infinite_psnr() -> None:
    truth = pictures()[1]

    assert psnr_db(truth, truth) == math.inf


def test_a_peak_of_nothing_is_refused() -> None:
    with pytest.raises(FrameError, match="peak is above 0"):
        psnr_db(*pictures(), peak=0)
