"""An edge's profile along its normal, finer than the pixels: bins, their difference, a window."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import CalibrationError

Reals = NDArray[np.float64]
Window = Literal["hamming", "hann", "tukey"]

LEAST_BINS_FILLED = 0.9
LEAST_NEAR = 0.9  # share of the step within half the reach
MOST_CORRECTION = 10.0  # of a response, as ISO 12233 bounds the one of the difference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeSpread:
    """The edge spread function on an even grid.

    distance_px: bin centres, symmetric about the edge; esf: mean of the photosites of each bin.
    scatter_px: distance of every photosite from its bin's point of reference; empty where the
        averaging over bins is to stay in the result, as in the standard.
    """

    distance_px: Reals
    esf: Reals
    scatter_px: Reals

    def response(self, frequencies: Reals) -> Reals:
        """How much of a wave survives the bins and the difference between neighbouring ones.

        frequencies: cycles per pixel. The difference of step w gives sinc(f w). Bins whose
        photosites are spread evenly give sinc(f w) again; those that each hold one place (an edge
        along a simple ratio of pixels) give 1: so it is computed from the places themselves.
        """
        step = float(self.distance_px[1] - self.distance_px[0])
        difference = np.sinc(frequencies * step)
        bins = np.ones_like(frequencies)
        if len(self.scatter_px):
            wave = np.exp(2j * np.pi * np.outer(frequencies, self.scatter_px))
            bins = np.abs(wave.mean(axis=1))
        least = 1 / MOST_CORRECTION
        response: Reals = np.maximum(difference, least) * np.maximum(bins, least)
        return response


def edge_spread(
    distance: Reals, values: Reals, *, reach: float, oversampling: int, corrects_bins: bool
) -> EdgeSpread:
    """Sort photosites by their distance from the edge into bins of 1 / oversampling pixel.

    distance, values: (n,), one of each for a photosite; reach: how far to go, pixels.
    corrects_bins: take each mean along the edge's slope from where its photosites lie on average
        to the bin's centre, and keep what scatter remains.

    Raises CalibrationError where more than a tenth of the bins stay empty.

    Source: ISO 12233:2014, 6.2, without the correction.
    """
    number = np.rint(distance * oversampling).astype(np.int64)
    last = _outermost(number, 4 * oversampling + 1, int(reach * oversampling))
    kept = np.abs(number) <= last
    index, offset = number[kept] + last, (distance - number / oversampling)[kept]
    bins = np.arange(-last, last + 1)
    count = np.bincount(index, minlength=len(bins))
    full = count > 0
    if full.mean() < LEAST_BINS_FILLED:
        raise CalibrationError(
            f"only {100 * full.mean():.0f} % of the bins of 1/{oversampling} px hold a photosite: "
            "the edge crosses too few pixel phases; tilt it by 2 to 15 degrees, off simple ratios, "
            "or take a longer region"
        )
    mean = np.bincount(index, values[kept]) / np.maximum(count, 1)
    mean = np.interp(bins, bins[full], mean[full])
    scatter = np.empty(0)
    if corrects_bins:
        beside = np.bincount(index, offset) / np.maximum(count, 1)
        mean = mean - beside * np.gradient(mean) * oversampling
        scatter = offset - beside[index]
    return EdgeSpread(distance_px=bins / oversampling, esf=mean, scatter_px=scatter)


def line_spread(spread: EdgeSpread, window: Window) -> tuple[Reals, Reals]:
    """Distances half-way between bins (pixels), and the windowed differences there, sum 1.

    Raises CalibrationError where a tenth of the step or more lies in the outer half.
    """
    middle = 0.5 * (spread.distance_px[1:] + spread.distance_px[:-1])
    reach = float(spread.distance_px[-1])
    lsf = np.diff(spread.esf) * taper(middle, reach, window)
    near = np.abs(middle) <= 0.5 * reach
    if not abs(lsf[near].sum()) >= LEAST_NEAR * np.abs(lsf.sum()) > 0:
        raise CalibrationError(
            f"the step is not over within {reach:.0f} px of the edge: no sharp edge between "
            "even areas, or the region is too narrow for so blurred a one"
        )
    return middle, lsf / lsf.sum()


def taper(distance: Reals, half_width: float, window: Window) -> Reals:
    """Weight of a sample at a distance from the window's centre; 0 beyond half_width.

    hamming: 0.54 + 0.46 cos(pi u), as ISO 12233:2014; hann: 0.5 + 0.5 cos(pi u), which is Tukey's
    window with nothing flat; tukey: 1 in the middle half, that slope outside it.

    >>> taper(np.array([0.0, 2.0, 3.0, 4.0, 5.0]), 4.0, "tukey").round(2).tolist()
    [1.0, 1.0, 0.5, 0.0, 0.0]
    """
    u = np.abs(distance) / half_width
    if window == "hamming":
        weight = 0.54 + 0.46 * np.cos(np.pi * u)
    elif window == "hann":
        weight = 0.5 + 0.5 * np.cos(np.pi * u)
    else:
        weight = 0.5 + 0.5 * np.cos(np.pi * np.clip(2 * u - 1, 0, 1))
    return np.where(u <= 1, weight, 0.0)


def _outermost(number: NDArray[np.int64], smooth: int, reach: int) -> int:
    """Number of the last bin on either side whose neighbourhood is half as full as the edge's.

    Beyond it lie the region's corners, where few lines come.
    """
    last = int(np.abs(number).max())
    count = np.bincount(number + last, minlength=2 * last + 1).astype(np.float64)
    dense = np.convolve(count, np.ones(smooth), "same")
    enough = np.minimum(dense, dense[::-1])[last:] >= 0.5 * dense[last]
    return min(reach, last if enough.all() else int(np.argmin(enough)) - 1)
