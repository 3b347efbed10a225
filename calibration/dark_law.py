"""The law that residuals of dark frames follow: a Tukey lambda as a stack of frames shows it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.tukey_deviation import tukey_lambda_deviation

REACH = 60.0  # deviations; the heaviest tail in use has 1e-9 of its mass beyond
POINTS = 1 << 15
LEAST_TAIL = 1e-12  # of the probability, where the quantiles end

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DarkLaw:
    """Residual / deviation on an even grid, and its distribution function there."""

    grid: Values
    cumulative: Values

    def quantile(self, probability: Values) -> Values:
        """Return the values below which so much of the law lies."""
        values: Values = np.interp(probability, self.cumulative, self.grid)
        return values

    def log_likelihood(self, residuals: Values) -> float:
        """Mean logarithm of the density at the residuals, in units of the deviation."""
        density = np.gradient(self.cumulative, self.grid)
        at = np.interp(residuals, self.grid, density)
        return float(np.log(np.maximum(at, 1e-300)).mean())


def own_share(frames: int, size: tuple[int, int] | None = None) -> float:
    """Share of a photosite's own noise in its residual, and in the residual's variance.

    frames: L, whose mean was taken off. size: height and width of the frames, where the mean of
        each row and column was taken off, too; None where not.

    >>> own_share(16), own_share(16, (64, 64))
    (0.9375, 0.908432...)
    """
    share = 1 - 1 / frames
    return share if size is None else share * (1 - 1 / size[0]) * (1 - 1 / size[1])


def tukey_lambda_law(
    shape: float | None, *, frames: int, size: tuple[int, int] | None = None, step: float = 0.0
) -> DarkLaw:
    """Return the law of what is left of one of L frames once their mean is taken off.

    shape: of the Tukey lambda; None for a Gaussian. frames: L. size: see `own_share`; the rest of
        a residual is the noise of many other frames and photosites, nearly Gaussian. step: of the
        converter, in deviations of one frame's noise; its error is even over one step, since
        the fixed pattern puts every photosite elsewhere between two codes.
    The law has deviation 1 before quantisation, all frames' parts together.

    Source: CONVENTIONS section 5.5 (Tukey lambda); the residual's parts are elementary.
    """
    grid = np.linspace(-REACH, REACH, POINTS, endpoint=False)
    spacing = grid[1] - grid[0]
    share = own_share(frames, size)
    own = math.sqrt(share)  # deviation of share x over that of the residual
    others = math.sqrt((1 + step**2 / 12) * (1 - share))  # their quantisation errors are many, too
    spectrum = np.fft.rfft(_density(shape, grid, own))
    frequency = 2 * math.pi * np.fft.rfftfreq(POINTS, spacing)
    spectrum = spectrum * np.exp(-0.5 * (frequency * others) ** 2)
    spectrum = spectrum * np.sinc(frequency * step * own / (2 * math.pi))
    density = np.maximum(np.fft.irfft(spectrum, POINTS), 0.0)
    density /= density.sum()
    # Strictly rising, so that quantiles are unique where the density is nil.
    cumulative = np.cumsum(density) - density / 2 + np.linspace(0, 1e-13, POINTS)
    return DarkLaw(grid=grid, cumulative=cumulative)


def _density(shape: float | None, grid: Values, deviation: float) -> Values:
    """Mass in the grid's cells of a law of that deviation."""
    from scipy.special import ndtr

    edges = np.append(grid, 2 * grid[-1] - grid[-2]) - (grid[1] - grid[0]) / 2
    if shape is None:
        mass: Values = np.diff(ndtr(edges / deviation))
        return mass
    scale = deviation / tukey_lambda_deviation(shape)
    logit = np.linspace(math.log(LEAST_TAIL), -math.log(LEAST_TAIL), 20_001)
    below, above = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
    if abs(shape) < 1e-6:
        quantiles = scale * logit
    else:
        quantiles = scale * (below**shape - above**shape) / shape
    mass = np.diff(np.interp(edges, quantiles, below, left=0.0, right=1.0))
    return mass
