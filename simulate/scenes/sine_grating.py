"""A sine grating whose every pixel is the exact mean over its area."""

import math

import numpy as np
from jaxtyping import Float32

from simulate.scenes.region import ANCHOR_CD_M2, BRIGHTEST_CD_M2, check_range, check_size


def sine_grating(
    height: int = 640,
    width: int = 960,
    *,
    frequency: float = 0.05,
    angle: float = 0.0,
    phase: float = 0.0,
    modulation: float = 1.0,
    luminance: float = 100.0,
) -> Float32[np.ndarray, "h w 3"]:
    """Render a grating, neutral in linear BT.709, 1.0 = ANCHOR_CD_M2.

    frequency: cycles per pixel, any; the pixel's area takes its sinc sinc off the modulation.
    angle: of the wave vector, degrees from the horizontal towards the lower edge.
    phase: degrees at the picture's centre, 0 for a maximum.
    modulation: Michelson contrast 0..1. luminance: mean, cd/m2.

    Raises UsageError for a number out of range.

    Source: mean of cos(2 pi f . p + phase) over the unit square, closed form.
    """
    check_size(height, width)
    check_range("frequency (cycles per pixel)", frequency, 0)
    check_range("angle (degrees)", angle, -360, 360)
    check_range("phase (degrees)", phase, -360, 360)
    check_range("modulation", modulation, 0, 1)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    across, down = (
        frequency * math.cos(math.radians(angle)),
        frequency * math.sin(math.radians(angle)),
    )
    x = np.arange(width) + 0.5 - width / 2
    y = np.arange(height)[:, None] + 0.5 - height / 2
    wave = np.cos(2 * np.pi * (across * x + down * y) + math.radians(phase))
    seen = modulation * np.sinc(across) * np.sinc(down)
    value = luminance / ANCHOR_CD_M2 * (1 + seen * wave)
    return np.repeat(value[..., None], 3, axis=2).astype(np.float32)
