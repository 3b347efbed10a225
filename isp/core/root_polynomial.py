"""Root polynomials of camera RGB: terms that all scale with exposure."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isp.core.errors import UsageError

Values = NDArray[np.float64]
Term = tuple[int, tuple[int, int, int]]  # of which root, and the powers of R, G and B under it

LINEAR: Final[tuple[Term, ...]] = ((1, (1, 0, 0)), (1, (0, 1, 0)), (1, (0, 0, 1)))
SQUARE: Final[tuple[Term, ...]] = ((2, (1, 1, 0)), (2, (0, 1, 1)), (2, (1, 0, 1)))
CUBIC: Final[tuple[Term, ...]] = (
    (3, (1, 2, 0)), (3, (0, 1, 2)), (3, (1, 0, 2)),
    (3, (2, 1, 0)), (3, (0, 2, 1)), (3, (2, 0, 1)), (3, (1, 1, 1)),
)  # fmt: skip
# Degree 1 is a plain 3x3 matrix.
TERMS: Final[dict[int, tuple[Term, ...]]] = {
    1: LINEAR,
    2: LINEAR + SQUARE,
    3: LINEAR + SQUARE + CUBIC,
}


def terms_of(degree: int) -> tuple[Term, ...]:
    """Return the terms of a degree: 3, 6 or 13.

    Raises UsageError for another degree.
    """
    if degree not in TERMS:
        raise UsageError(f"root polynomials have degree 1, 2 or 3, not {degree}")
    return TERMS[degree]


def degree_with(terms: int) -> int:
    """Return the degree that has so many terms.

    Raises UsageError for a number that no degree has.
    """
    for degree, known in TERMS.items():
        if len(known) == terms:
            return degree
    raise UsageError(f"root polynomials have 3, 6 or 13 terms, not {terms}")


def expand(rgb: ArrayLike, degree: int) -> Values:
    """Return the terms (..., k) of white-balanced camera RGB (..., 3).

    Under a root negative values count as 0: the paper knows none, and noise around black has no
    root. The linear terms keep them. The terms of (1, 1, 1) are all 1.

    Source: Finlayson, Mackiewicz and Hurlbert, "Color Correction Using Root-Polynomial
    Regression", IEEE Transactions on Image Processing 24(5), 2015, section III, degrees 2 and 3.

    >>> expand([4.0, 9.0, 1.0], 2).tolist()
    [4.0, 9.0, 1.0, 6.0, 3.0, 2.0]
    """
    rgb = np.asarray(rgb, np.float64)
    positive = np.maximum(rgb, 0.0)
    rooted = [
        np.prod(positive ** (np.array(powers) / root), axis=-1)
        for root, powers in terms_of(degree)[3:]
    ]
    return np.concatenate([rgb, *(term[..., None] for term in rooted)], axis=-1)
