"""A flat card with rectangles of known colour, each pixel the exact mean over its area."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from simulate.scenes.region import Rectangle, Region, Rgb, check_size, whole_pixels

Patches = Mapping[str, tuple[Rectangle, Rgb]]


def card(height: int, width: int, ground: Rgb, patches: Patches) -> Float32[np.ndarray, "h w 3"]:
    """Render rectangles on a ground, linear light, integrated over each pixel's area exactly.

    patches: name to (left, top, right, bottom) in pixels and colour. They must not overlap;
        what reaches past the picture is cut.

    Raises UsageError for a size below one pixel.
    """
    check_size(height, width)
    light = np.zeros((height, width, 3))
    share = np.zeros((height, width))
    for (left, top, right, bottom), rgb in patches.values():
        rows, columns = coverage(top, bottom, height), coverage(left, right, width)
        inside = np.ix_(rows > 0, columns > 0)
        part = np.outer(rows[rows > 0], columns[columns > 0])
        share[inside] += part
        light[inside] += part[..., None] * np.array(rgb)
    light += (1 - share)[..., None] * np.array(ground)
    return light.astype(np.float32)


def card_regions(patches: Patches) -> dict[str, Region]:
    """Where `card` holds each patch's colour exactly; patches below a pixel are left out."""
    regions = {}
    for name, (rectangle, rgb) in patches.items():
        region = whole_pixels(name, rectangle, rgb)
        if region is not None:
            regions[name] = region
    return regions


def coverage(low: float, high: float, pixels: int) -> NDArray[np.float64]:
    """Part (0..1) of each of a row of unit pixels that the interval low..high covers.

    >>> coverage(0.75, 2.5, 4).tolist()
    [0.25, 1.0, 0.5, 0.0]
    """
    start = np.arange(pixels, dtype=np.float64)
    return np.asarray(np.clip(np.minimum(high, start + 1) - np.maximum(low, start), 0, 1))
