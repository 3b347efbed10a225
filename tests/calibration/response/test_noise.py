"""Noise is read from how pictures differ."""

import numpy as np

from calibration.response.noise import noise_of, pixel_lights
from tests.calibration.response.brackets import BracketCodes, bracket_of, power_curve


def test_the_light_of_a_pixel_comes_back() -> None:
    bracket = bracket_of(power_curve(1.0), (0.0, 1.0), 500)

    lights = pixel_lights(bracket, np.log(np.arange(256) / 255 + 1e-12), bracket.log_exposures)

    light = np.linspace(-9, 1.5, 500) * np.log(2)
    known = np.isfinite(lights) & (light > np.log(0.1))
    np.testing.assert_allclose(lights[known], light[known], atol=0.03)


def test_shot_noise_comes_back_within_its_scatter() -> None:
    rng = np.random.default_rng(5)
    shot, pixels = 1e-3, 20_000
    light = 2.0 ** rng.uniform(-6, 0, size=(pixels, 1)) * np.array([0.5, 1.0])
    seen = light + np.sqrt(shot * light) * rng.normal(size=light.shape)
    codes = np.rint(255 * np.clip(seen, 0, 1)).astype(np.int64)

    _, found = noise_of(
        BracketCodes(codes, np.log([0.5, 1.0])), np.arange(256) / 255, np.log([0.5, 1.0])
    )

    # Dark codes are left out by what was seen, which takes off some per cent.
    assert abs(found / shot - 1) < 0.1
