"""The smooth part of a dark image is told from its noise."""

import numpy as np
import pytest

from calibration.dark_shading import dark_shading, smooth_left
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

GAIN = Figure(value=0.5, low=0.5, high=0.5)


def plane(noise: float, height: int = 120, width: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """A slope of 4 DN down the rows and a bend of 1 DN across, and the same with noise."""
    y = np.linspace(-1, 1, height)[:, None]
    x = np.linspace(-1, 1, width)
    smooth = 2 * y + 1.0 * (1.5 * x**2 - 0.5)  # Legendre: 2 P1(y) + P2(x)
    draw = np.random.Generator(np.random.Philox(4))
    return smooth, smooth + draw.normal(0, noise, (height, width)) if noise else smooth


def test_a_smooth_plane_comes_back() -> None:
    smooth, _ = plane(0.0)

    found = dark_shading(smooth, GAIN)

    assert found.coefficients_dn[1, 0] == pytest.approx(2.0, abs=0.01)
    assert found.coefficients_dn[0, 2] == pytest.approx(1.0, abs=0.02)  # medians of a bend
    assert np.abs(found.map_dn(120, 200) - smooth).max() < 0.05
    assert found.share > 0.999


def test_deviation_and_span_are_in_electrons() -> None:
    _, noisy = plane(1.0)

    found = dark_shading(noisy, GAIN)

    # Over the square: 4 / 3 of P1 and 1 / 5 of P2; the blocks' middles miss 1 / 576 of the side.
    truth = 2 * (4 / 3 + 1 / 5) ** 0.5
    assert found.deviation_e.low < truth < found.deviation_e.high
    assert found.deviation_e.value == pytest.approx(truth, rel=0.03)
    assert found.span_e.value == pytest.approx(2 * (4 + 1.5), rel=0.1)


def test_noise_alone_has_no_shading() -> None:
    _, noisy = plane(1.0)

    found = dark_shading(noisy - plane(0.0)[0], GAIN)

    assert found.deviation_e.low == 0
    # Blocks of 41 photosites: medians scatter by 1.25 / sqrt(41) DN, 0.39 e-.
    assert found.residual_e == pytest.approx(0.39, rel=0.2)
    assert found.share < 0.05


def test_hot_photosites_do_not_weigh() -> None:
    _, noisy = plane(1.0)
    hot = noisy.copy()
    hot[::17, ::13] += 4000

    found = dark_shading(hot, GAIN)

    assert found.deviation_e.value == pytest.approx(2 * (4 / 3 + 1 / 5) ** 0.5, rel=0.03)


def test_a_small_image_is_refused() -> None:
    with pytest.raises(CalibrationError, match="48 x 48"):
        dark_shading(np.zeros((47, 100)), GAIN)


def test_a_drift_that_passes_is_taken_off() -> None:
    draw = np.random.Generator(np.random.Philox(12))
    y = np.linspace(-1, 1, 120)
    drifts = 3.0 * draw.normal(0, 1, (20, 1)) * y  # variance of P1 over the rows: 1 / 3
    mean = np.tile(drifts.mean(0)[:, None], (1, 200)) + draw.normal(0, 0.5, (120, 200))

    left = smooth_left(drifts - drifts.mean(0))
    found, doubted = dark_shading(mean, GAIN), dark_shading(mean, GAIN, left_dn2=left)

    # 9 / 3 for each frame, over 20 frames; a variance of 20 is known to sqrt(2 / 19).
    assert left == pytest.approx(3 / 20, rel=3 * (2 / 19) ** 0.5)
    assert found.deviation_e.low > 0
    assert doubted.deviation_e.low == 0
