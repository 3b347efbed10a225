"""The 24-patch ColorChecker as spectra: reflectance times a light, layout as `colour_checker`."""

from collections.abc import Sequence

import numpy as np
import torch

from isp.core.frame import Frame
from simulate.scenes.card import coverage
from simulate.scenes.colour_checker import HEIGHT, WIDTH, patch_rectangles
from simulate.scenes.region import BRIGHTEST_CD_M2, check_range, check_size
from simulate.spectra import (
    VISIBLE_NM,
    Spectrum,
    at_luminance,
    colour_checker_reflectances,
    illuminant_spectrum,
)
from simulate.spectral import spectral_scene

BORDER_REFLECTANCE = 0.036  # as `colour_checker.BORDER`, the same at all wavelengths; assumed


def spectral_checker(
    height: int = 640,
    width: int = 960,
    illuminant: str = "D65",
    luminance: float = 100.0,
    wavelengths_nm: Sequence[float] = VISIBLE_NM,
) -> Frame:
    """Render the chart as a SCENE frame of spectral radiance (1, n, h, w) in W/(m2 sr nm).

    illuminant: name of a light in colour-science. luminance: of a perfect diffuser in that
    light, cd/m2. Same patches at the same pixels as `colour_checker.colour_checker`, each pixel
    the exact mean over its area. The default 81 wavelengths take 0.33 kB per pixel.

    Raises UsageError for a size below one pixel or a bad luminance, ProfileError for an unknown
    illuminant or wavelengths outside 380-780 nm.
    """
    check_size(height, width)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    light = diffuser_radiance(illuminant, luminance, wavelengths_nm)
    pitch = min(width / WIDTH, height / HEIGHT)
    left, top = (width - WIDTH * pitch) / 2, (height - HEIGHT * pitch) / 2
    share = np.zeros((height, width))
    parts = {}
    for name, (a, b, c, d) in patch_rectangles().items():
        down = coverage(top + b * pitch, top + d * pitch, height)
        across = coverage(left + a * pitch, left + c * pitch, width)
        inside = np.ix_(down > 0, across > 0)
        covered = np.outer(down[down > 0], across[across > 0])
        share[inside] += covered
        parts[name] = (inside, covered.astype(np.float32))
    ground = (light * BORDER_REFLECTANCE).astype(np.float32)
    radiance = ground[:, None, None] * (1 - share).astype(np.float32)
    for name, reflectance in colour_checker_reflectances(wavelengths_nm).items():
        (rows, columns), part = parts[name]
        lit = (light * reflectance).astype(np.float32)
        radiance[:, rows, columns] += lit[:, None, None] * part
    step = (
        "scene",
        {"name": "spectral_checker", "height": height, "width": width, "illuminant": illuminant,
         "luminance_cd_m2": luminance},
    )  # fmt: skip
    return spectral_scene(torch.from_numpy(radiance)[None], wavelengths_nm, (step,))


def diffuser_radiance(
    illuminant: str, luminance: float, wavelengths_nm: Sequence[float] = VISIBLE_NM
) -> Spectrum:
    """Spectral radiance of a perfect diffuser of this luminance in a light, W/(m2 sr nm)."""
    relative = illuminant_spectrum(illuminant, wavelengths_nm)
    return at_luminance(relative, 1.0, wavelengths_nm) * luminance
