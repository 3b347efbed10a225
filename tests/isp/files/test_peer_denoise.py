"""OpenCV's colour means take colour noise, and know red from blue."""

import numpy as np

from isp.files.peer_denoise import opencv_colour_means


def test_colour_noise_goes_and_a_warm_picture_stays_warm() -> None:
    draws = np.random.default_rng(3).normal(0, 12, (48, 48, 3))
    noisy = np.clip(np.array([140, 120, 110]) + draws, 0, 255).astype(np.uint8)

    smooth = opencv_colour_means(noisy, 30)

    def spread(codes: np.ndarray) -> float:
        return float((codes[..., 0].astype(float) - codes[..., 2]).std())

    assert spread(smooth) < 0.5 * spread(noisy)
    np.testing.assert_allclose(smooth.mean((0, 1)), noisy.mean((0, 1)), atol=4)
