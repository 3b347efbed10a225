"""A sinusoidal Siemens star, integrated over each pixel's area."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from simulate.scenes.region import ANCHOR_CD_M2, BRIGHTEST_CD_M2, check_range, check_size

RADIUS: Final = 0.48  # of the picture's shorter side
# Nodes per side of the Gauss-Legendre rule, by the highest local frequency (cycles per pixel)
# it serves; against 80 nodes it errs by less than 1e-7 (36..720 cycles).
NODES: Final = ((0.5, 5), (1.5, 8), (4.0, 14), (8.0, 22))
RIM_SAMPLES: Final = 32  # per side, in pixels that the star's border crosses
STRIP: Final = 1 << 20  # samples at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """Where a star lies and how its frequency depends on the radius; lengths in pixels.

    row, column: of its centre; the first pixel's centre is at (0.5, 0.5).
    inner, outer: radii between which the cycles run; inside and outside is the mean luminance.
    """

    row: float
    column: float
    cycles: int
    inner: float
    outer: float

    def frequency(self, radius: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cycles per pixel along the circle of a radius: cycles / (2 pi r)."""
        return self.cycles / (2 * np.pi * radius)


def siemens_star(
    height: int = 640,
    width: int = 960,
    *,
    cycles: int = 144,
    modulation: float = 0.9,
    luminance: float = 100.0,
) -> Float32[np.ndarray, "h w 3"]:
    """Render a star, neutral in linear BT.709, 1.0 = ANCHOR_CD_M2.

    Its luminance is mean (1 + modulation cos(cycles phi)), phi the angle from the horizontal.
    cycles: whole, 1..720. modulation: Michelson contrast 0..1. luminance: mean, cd/m2.
    Where the circle holds more than 8 cycles per pixel the mean stands in for the cycles.

    Raises UsageError for a number out of range.

    Source: ISO 12233:2017, sine-wave star (s-SFR).
    """
    check_range("modulation", modulation, 0, 1)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    star = star_of(height, width, cycles=cycles)
    y, x = np.mgrid[:height, :width]
    x, y = (x + 0.5 - star.column).ravel(), (y + 0.5 - star.row).ravel()
    wave = np.zeros(height * width)
    radius = np.hypot(x, y)
    rim = np.minimum(np.abs(radius - star.outer), np.abs(radius - star.inner)) < 1
    inside = (radius > star.inner) & (radius < star.outer)
    highest = star.frequency(np.maximum(radius - 1, star.inner))
    low = 0.0
    for limit, nodes in NODES:
        here = np.flatnonzero(inside & ~rim & (highest > low) & (highest <= limit))
        wave[here] = _mean(star, x[here], y[here], *np.polynomial.legendre.leggauss(nodes))
        low = limit
    here = np.flatnonzero(rim)
    places = (np.arange(RIM_SAMPLES) + 0.5) / RIM_SAMPLES * 2 - 1
    wave[here] = _mean(star, x[here], y[here], places, np.full(RIM_SAMPLES, 2 / RIM_SAMPLES))
    value = luminance / ANCHOR_CD_M2 * (1 + modulation * wave.reshape(height, width))
    return np.repeat(value[..., None], 3, axis=2).astype(np.float32)


def star_of(height: int = 640, width: int = 960, *, cycles: int = 144) -> Star:
    """Return where `siemens_star` of these arguments lies."""
    check_size(height, width)
    check_range("cycles", cycles, 1, 720)
    return Star(
        row=height / 2, column=width / 2, cycles=cycles,
        inner=cycles / (2 * math.pi * NODES[-1][0]), outer=RADIUS * min(height, width),
    )  # fmt: skip


def _mean(
    star: Star,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    places: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean of the star's wave over unit pixels by a product rule on [-1, 1]."""
    across, down = (part.ravel() / 2 for part in np.meshgrid(places, places))
    weight = np.outer(weights, weights).ravel() / 4
    mean = np.empty(x.size)
    step = max(1, STRIP // weight.size)
    for start in range(0, x.size, step):
        part = slice(start, start + step)
        mean[part] = _wave(star, x[part, None] + across, y[part, None] + down) @ weight
    return mean


def _wave(star: Star, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """cos(cycles phi) inside the star, 0 elsewhere."""
    square = x * x + y * y
    within = (square >= star.inner**2) & (square <= star.outer**2)
    wave: NDArray[np.float64] = np.where(within, np.cos(star.cycles * np.arctan2(y, x)), 0.0)
    return wave
