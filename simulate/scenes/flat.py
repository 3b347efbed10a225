"""A flat field of known luminance, colour and shading; and the dark."""

import math

import numpy as np
from jaxtyping import Float32

from isp.core.colour import PRIMARIES, rgb_to_xyz, xy_to_xyz
from isp.core.errors import UsageError
from simulate.scenes.region import ANCHOR_CD_M2, BRIGHTEST_CD_M2, check_range, check_size


def flat(
    height: int = 640,
    width: int = 960,
    *,
    luminance: float = 100.0,
    x: float | None = None,
    y: float | None = None,
    gradient: float = 0.0,
    direction: float = 0.0,
    falloff: float = 0.0,
) -> Float32[np.ndarray, "h w 3"]:
    """Render an even field in linear BT.709, 1.0 = ANCHOR_CD_M2.

    luminance: at the picture's centre, cd/m2.
    x, y: CIE 1931 chromaticity, both or neither; BT.709's white (D65) without. A colour outside
        BT.709 has a negative part.
    gradient: relative rise from the centre to the picture's border in `direction` (degrees from
        the right-hand side towards the lower edge), and as much fall on the other side; 0..1.
    falloff: relative loss at the corners, growing with the square of the distance; 0..1.

    Raises UsageError for a number out of range.

    Source: SMPTE RP 177 for the colour; the mean of the square over a pixel's area is exact.
    """
    check_size(height, width)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    check_range("gradient", gradient, 0, 1)
    check_range("direction (degrees)", direction, -360, 360)
    check_range("falloff", falloff, 0, 1)
    across = np.arange(width) + 0.5 - width / 2
    down = np.arange(height)[:, None] + 0.5 - height / 2
    right, below = math.cos(math.radians(direction)), math.sin(math.radians(direction))
    reach = (abs(right) * width + abs(below) * height) / 2
    corner = (width**2 + height**2) / 4
    # x^2 has the mean x0^2 + 1/12 over a unit pixel centred on x0.
    square = (across**2 + down**2 + 1 / 6) / corner
    shading = (1 + gradient * (across * right + down * below) / reach) * (1 - falloff * square)
    rgb = _white(x, y) * luminance / ANCHOR_CD_M2
    return np.asarray(shading[..., None] * rgb, dtype=np.float32)


def dark(height: int = 640, width: int = 960) -> Float32[np.ndarray, "h w 3"]:
    """Render no light at all.

    Raises UsageError for a size below one pixel.
    """
    check_size(height, width)
    return np.zeros((height, width, 3), dtype=np.float32)


def _white(x: float | None, y: float | None) -> np.ndarray:
    """Linear BT.709 of luminance 1 and a chromaticity."""
    if x is None and y is None:
        return np.ones(3)
    if x is None or y is None:
        raise UsageError("a chromaticity is x and y, but only one of them came")
    check_range("x", x, 0, 1)
    check_range("y", y, 1e-3, 1)
    return np.asarray(np.linalg.solve(rgb_to_xyz(PRIMARIES["bt709"]), xy_to_xyz((x, y))))
