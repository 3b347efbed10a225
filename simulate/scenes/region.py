"""What scenes share: the luminance of 1.0, the least size, and rectangles of one known colour."""

import math
from dataclasses import dataclass
from typing import Final

from isp.core.errors import UsageError

BRIGHTEST_CD_M2: Final = 1e12  # hundreds of times the sun's disc
ANCHOR_CD_M2: Final = 100.0  # what 1.0 means in a built-in scene
LUMINANCE: Final = (0.2126390, 0.7151687, 0.0721923)  # linear BT.709 to Y (SMPTE RP 177)

Rgb = tuple[float, float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Whole pixels [top, bottom) x [left, right) that hold one known colour exactly."""

    name: str
    top: int
    left: int
    bottom: int
    right: int
    rgb: Rgb  # linear BT.709, 1.0 = ANCHOR_CD_M2

    @property
    def window(self) -> tuple[slice, slice]:
        """Index of the region in an (h, w, ...) array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def luminance_cd_m2(self) -> float:
        """Luminance of the region, cd/m2."""
        return ANCHOR_CD_M2 * sum(k * part for k, part in zip(LUMINANCE, self.rgb, strict=True))


def whole_pixels(name: str, rectangle: Rectangle, rgb: Rgb) -> Region | None:
    """Return the whole pixels well inside a rectangle, one pixel kept free inside each edge.

    rectangle: pixels; pixel (row, column) covers row..row + 1 and column..column + 1.
    None when no pixel is left.

    >>> whole_pixels("a", (0.5, 0.0, 4.5, 9.0), (1, 1, 1)).window
    (slice(1, 8, None), slice(2, 3, None))
    """
    left, top, right, bottom = rectangle
    edges = (math.ceil(top) + 1, math.ceil(left) + 1, math.floor(bottom) - 1, math.floor(right) - 1)
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        return None
    return Region(
        name=name, top=edges[0], left=edges[1], bottom=edges[2], right=edges[3], rgb=rgb
    )  # fmt: skip


def check_size(height: int, width: int) -> None:
    """Check that a scene has pixels.

    Raises UsageError for a size below one pixel.
    """
    if height < 1 or width < 1:
        raise UsageError(f"a scene is at least 1 x 1 pixel, got {height} x {width}")


def check_range(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Check one number of a scene: finite and within [low, high].

    Raises UsageError naming it.
    """
    if not (math.isfinite(value) and low <= value <= high):
        limits = f"at least {low:g}" if high == math.inf else f"within {low:g} .. {high:g}"
        raise UsageError(f"a scene's {name} is {limits}, got {value:g}")
