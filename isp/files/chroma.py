"""Chroma at half size: where its samples lie, and how they are made and spread again."""

import numpy as np
from numpy.typing import NDArray

# Whether a sample lies on the first of its two columns, and on the first of its two rows.
ON_FIRST = {"left": (True, False), "center": (False, False), "top_left": (True, True)}
SITINGS = tuple(ON_FIRST)


def halve(values: NDArray[np.float64], siting: str) -> NDArray[np.float64]:
    """Return (h, w, c) at half size, an odd side rounded up, the edge repeated.

    Along a side on whose first sample chroma lies: (1, 2, 1) / 4 around it; else the mean of two.
    Both keep a straight ramp.

    Source: ITU-T H.273 (2021), 8.7, figure 1 (positions of types 0, 1 and 2).

    >>> halve(np.arange(4.0).reshape(1, 4, 1), "center").ravel().tolist()
    [0.5, 2.5]
    """
    on_column, on_row = ON_FIRST[siting]
    return _halve(_halve(values, 1, on_column), 0, on_row)


def enlarge(values: NDArray[np.float64], siting: str, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return half-size values at (height, width), interpolated linearly from where they lie.

    >>> enlarge(np.array([[[0.5], [2.5]]]), "center", (1, 4)).ravel().tolist()
    [0.5, 1.0, 2.0, 2.5]
    """
    on_column, on_row = ON_FIRST[siting]
    return _enlarge(_enlarge(values, 0, on_row, size[0]), 1, on_column, size[1])


def _halve(values: NDArray[np.float64], axis: int, on_first: bool) -> NDArray[np.float64]:
    v = np.moveaxis(values, axis, 0)
    v = np.concatenate([v[:1], v, v[-1:], v[-1:]])  # one before, and one or two behind
    count = values.shape[axis]
    first = np.arange(1, count + 1, 2)
    made = (
        (v[first - 1] + 2 * v[first] + v[first + 1]) / 4
        if on_first
        else (v[first] + v[first + 1]) / 2
    )
    return np.asarray(np.moveaxis(made, 0, axis))


def _enlarge(
    values: NDArray[np.float64], axis: int, on_first: bool, count: int
) -> NDArray[np.float64]:
    place = np.arange(count) / 2 - (0.0 if on_first else 0.25)
    place = np.clip(place, 0, values.shape[axis] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, values.shape[axis] - 1)
    v = np.moveaxis(values, axis, 0)
    weight = (place - below).reshape(-1, 1, 1)
    return np.asarray(np.moveaxis(v[below] * (1 - weight) + v[above] * weight, 0, axis))
