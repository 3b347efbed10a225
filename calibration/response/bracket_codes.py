"""Codes of one channel of a bracket: what every response method is given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import UsageError

CODES = 256
LAST = CODES - 1
HAT = np.minimum(np.arange(CODES), LAST - np.arange(CODES)).astype(np.float64)

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BracketCodes:
    """Codes 0..255 of some pixels in each picture, and how much light the pictures gathered.

    codes: (pixels, pictures). log_exposures: (pictures,), natural logarithms, rising; only their
    differences matter. offered: (256,), how often each code is measured in all pixels that these
    were chosen from; None where they are all.

    Raises UsageError for shapes or exposures that do not fit.
    """

    codes: NDArray[np.int64]
    log_exposures: Values
    offered: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check that codes and exposures fit each other."""
        count = len(self.log_exposures)
        if self.codes.ndim != 2 or self.codes.shape[1] != count or count < 2:
            raise UsageError(
                f"codes are (pixels, pictures) of at least 2 pictures, but {self.codes.shape} "
                f"came with {count} exposures"
            )
        if not (np.diff(self.log_exposures) > 0).all():
            raise UsageError("pictures come in the order of their exposures, each above the last")

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Where a code is strictly inside the range, in a pixel that has two of them."""
        inside = (self.codes > 0) & (self.codes < LAST)
        both: NDArray[np.bool_] = inside & (inside.sum(axis=1, keepdims=True) > 1)
        return both

    def weights(self, of_code: Values) -> Values:
        """Weight of each code, (pixels, pictures); 0 where it is not measured."""
        return np.where(self.measured, of_code[self.codes], 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class CurveFit:
    """What a method found: the exposure of each code, and the exposures of the pictures.

    exposure_of_code: (256,), 0 at code 0, strictly rising to 1 at code 255.
    log_exposures: (pictures,), refined, or as they were given. order: of a polynomial, terms of a
    model; 0 where the method has none.
    """

    exposure_of_code: Values
    log_exposures: Values
    order: int = 0


def in_gauge(log_exposures: Values, given: Values) -> Values:
    """Scale and shift refined log exposures until their mean and mean step are the given ones.

    A curve g with exposures t and a curve g^k with t^k explain the same codes: pictures alone do
    not tell k, so that the mean ratio of neighbours is taken from the user.

    Source: Grossberg and Nayar, "Determining the camera response from images: what is knowable?",
    IEEE TPAMI 25(11), 2003 (the exponential ambiguity).

    >>> in_gauge(np.array([0.0, 1.5, 4.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [0.08333333333333337, 0.8333333333333334, 2.0833333333333335]
    """
    span = float(given[-1] - given[0]) / float(log_exposures[-1] - log_exposures[0])
    scaled = log_exposures * span
    shifted: Values = scaled + (given.mean() - scaled.mean())
    return shifted


def free_directions(pictures: int) -> Values:
    """(pictures, pictures - 2): ways to change log exposures that leave the gauge.

    >>> free_directions(2).shape
    (2, 0)
    """
    from scipy.linalg import null_space

    pinned = np.zeros((2, pictures))
    pinned[0] = 1
    pinned[1, [0, -1]] = (-1, 1)
    basis: Values = null_space(pinned)
    return basis
