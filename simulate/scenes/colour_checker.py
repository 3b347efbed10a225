"""The 24-patch ColorChecker: its colours under D65 and where its patches lie."""

from typing import Final

import numpy as np
from jaxtyping import Float32

from simulate.scenes.card import Patches, card, card_regions
from simulate.scenes.region import (
    ANCHOR_CD_M2,
    BRIGHTEST_CD_M2,
    Region,
    Rgb,
    check_range,
    check_size,
)

# Linear BT.709 of each patch when a perfect diffuser reads (1, 1, 1), in reading order.
# Computed once: `SDS_COLOURCHECKERS["ISO 17321-1"]` of colour-science 0.4.7 times D65,
# integrated over the CIE 1931 2 degree observer (`sd_to_XYZ`), to RGB by the matrix of
# "ITU-R BT.709", no adaptation; the test computes them again. Cyan keeps its negative red:
# the paint lies outside BT.709, and clipping it would change the colour a camera sees.
PATCHES: Final[dict[str, Rgb]] = {
    "dark skin": (0.176199, 0.078203, 0.050318),
    "light skin": (0.559506, 0.308700, 0.222825),
    "blue sky": (0.113190, 0.199208, 0.336143),
    "foliage": (0.094601, 0.148399, 0.049890),
    "blue flower": (0.236332, 0.225848, 0.443819),
    "bluish green": (0.133876, 0.517006, 0.402856),
    "orange": (0.701491, 0.199176, 0.022913),
    "purplish blue": (0.068411, 0.105994, 0.377109),
    "moderate red": (0.558189, 0.090567, 0.121992),
    "purple": (0.107812, 0.044334, 0.146831),
    "yellow green": (0.348924, 0.501918, 0.047734),
    "orange yellow": (0.791761, 0.364945, 0.026774),
    "blue": (0.027239, 0.047812, 0.309138),
    "green": (0.060143, 0.305577, 0.060623),
    "red": (0.446165, 0.028450, 0.042069),
    "yellow": (0.851980, 0.579516, 0.010518),
    "magenta": (0.506161, 0.088933, 0.297205),
    "cyan": (-0.033370, 0.248809, 0.385411),
    "white 9.5": (0.887016, 0.888579, 0.874565),
    "neutral 8": (0.586469, 0.583246, 0.582148),
    "neutral 6.5": (0.358332, 0.358068, 0.358729),
    "neutral 5": (0.203195, 0.202963, 0.203535),
    "neutral 3.5": (0.091080, 0.092870, 0.094251),
    "black 2": (0.032672, 0.033636, 0.035270),
}

COLUMNS: Final = 6
ROWS: Final = 4
BORDER: Final[Rgb] = (0.036, 0.036, 0.037)  # the printed frame between the patches; assumed

# In units of the distance between two patch centres.
PATCH_SIZE: Final = 0.88
MARGIN: Final = 0.25
WIDTH: Final = COLUMNS + 2 * MARGIN
HEIGHT: Final = ROWS + 2 * MARGIN


def patch_rectangles() -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right, bottom of each patch, in patch pitches from the chart's upper left.

    >>> [round(edge, 2) for edge in patch_rectangles()["dark skin"]]
    [0.31, 0.31, 1.19, 1.19]
    """
    gap = (1 - PATCH_SIZE) / 2
    rectangles = {}
    for index, name in enumerate(PATCHES):
        row, column = divmod(index, COLUMNS)
        left, top = MARGIN + column + gap, MARGIN + row + gap
        rectangles[name] = (left, top, left + PATCH_SIZE, top + PATCH_SIZE)
    return rectangles


def colour_checker(
    height: int = 640, width: int = 960, *, luminance: float = 100.0
) -> Float32[np.ndarray, "h w 3"]:
    """Render the chart, as large as the picture allows and centred, in linear BT.709 under D65.

    luminance: of a perfect diffuser in the chart's light, cd/m2. Around the patches is the
        printed frame's dark grey. The cyan patch keeps its negative red.

    Raises UsageError for a size below one pixel or a luminance that is negative.
    """
    return card(height, width, _lit(BORDER, luminance), _patches(height, width, luminance))


def colour_checker_regions(
    height: int = 640, width: int = 960, *, luminance: float = 100.0
) -> dict[str, Region]:
    """Where `colour_checker` holds each patch's colour exactly, by the names of `PATCHES`."""
    return card_regions(_patches(height, width, luminance))


def _patches(height: int, width: int, luminance: float) -> Patches:
    check_size(height, width)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    pitch = min(width / WIDTH, height / HEIGHT)
    left, top = (width - WIDTH * pitch) / 2, (height - HEIGHT * pitch) / 2
    return {
        name: (
            (left + a * pitch, top + b * pitch, left + c * pitch, top + d * pitch),
            _lit(PATCHES[name], luminance),
        )
        for name, (a, b, c, d) in patch_rectangles().items()
    }


def _lit(rgb: Rgb, luminance: float) -> Rgb:
    red, green, blue = (part * luminance / ANCHOR_CD_M2 for part in rgb)
    return red, green, blue
