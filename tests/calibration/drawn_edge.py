"""Slanted edges computed exactly, the response that must be found on them, and its noise."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from calibration.edge_spread import taper
from calibration.sfr import FREQUENCIES

Reals = NDArray[np.float64]


def step_through_box(corner: Reals, sigma: float) -> Reals:
    """Second antiderivative of a step blurred by a Gaussian: what a box of corners integrates."""
    if sigma == 0:
        return 0.5 * np.maximum(corner, 0.0) ** 2
    t = corner / sigma
    density = np.exp(-0.5 * t**2) / math.sqrt(2 * math.pi)
    return 0.5 * sigma**2 * ((t**2 + 1) * special.ndtr(t) + t * density)


def drawn_edge(
    height: int,
    width: int,
    *,
    tilt_deg: float,
    sigma_px: float,
    offset_px: float = 0.0,
    dark: float = 0.1,
    bright: float = 0.9,
) -> Reals:
    """A half-plane blurred by a Gaussian and averaged over square pixels, in closed form.

    tilt_deg: from vertical, not 0. The edge passes offset_px right of the centre, bright on the
    right. The mean over a pixel of Phi((x c + y s) / sigma) is a mixed difference, over its four
    corners, of the function's second antiderivative, divided by c s.
    """
    cos, sin = math.cos(math.radians(tilt_deg)), -math.sin(math.radians(tilt_deg))
    x = np.arange(width) - 0.5 * (width - 1) - offset_px
    y = (np.arange(height) - 0.5 * (height - 1))[:, None]

    def at(dx: float, dy: float) -> Reals:
        return step_through_box((x + dx) * cos + (y + dy) * sin, sigma_px)

    mixed = at(0.5, 0.5) - at(-0.5, 0.5) - at(0.5, -0.5) + at(-0.5, -0.5)
    return dark + (bright - dark) * mixed / (cos * sin)


def aperture_mtf(frequency: Reals, tilt_deg: float) -> Reals:
    """Of a full square pixel along the normal of an edge tilted from its side."""
    tilt = math.radians(tilt_deg)
    return np.abs(np.sinc(frequency * math.cos(tilt)) * np.sinc(frequency * math.sin(tilt)))


def gaussian_mtf(frequency: Reals, sigma: float) -> Reals:
    """Of a Gaussian spread of standard deviation sigma, in the frequency's inverse unit."""
    return np.exp(-2 * (math.pi * sigma * frequency) ** 2)


def airy_mtf(frequency: Reals, cutoff: float) -> Reals:
    """Of a diffraction-limited lens with a round aperture; cutoff is 1 / (wavelength N).

    Source: Goodman, Introduction to Fourier Optics, equation for the circular pupil's OTF.
    """
    s = np.clip(np.abs(frequency) / cutoff, 0, 1)
    return 2 / math.pi * (np.arccos(s) - s * np.sqrt(1 - s**2))


def noise_on_response(noise: float, half_width: float, tilt_deg: float, lines: float) -> Reals:
    """Standard deviation, in phase, that white noise gives the response at FREQUENCIES.

    noise: of a photosite, as a share of the step; lines: how many hold photosites of the channel,
    one a pixel. A bin averages lines x (1/4 px) / cos photosites; the windowed transform of the
    differences is a linear map of the bins; both corrections scale it.
    """
    last = int(half_width * 4)
    places = np.arange(-last, last + 1) / 4
    middle = 0.5 * (places[1:] + places[:-1])
    waves = np.exp(-2j * np.pi * np.outer(FREQUENCIES, middle)) * taper(middle, half_width, "tukey")
    weights = np.zeros((len(FREQUENCIES), len(places)), complex)
    weights[:, 1:] += waves
    weights[:, :-1] -= waves
    photosites = lines / 4 / math.cos(math.radians(tilt_deg))
    total = (np.abs(weights) ** 2).sum(1) * noise**2 / photosites
    response: Reals = np.sqrt(total / 2) / np.sinc(FREQUENCIES / 4) ** 2
    return response
