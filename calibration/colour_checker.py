"""The ColorChecker Classic: its 24 patches, and what they should measure under D50."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from isp.core.colour import D65_XY, PRIMARIES, XY, adaptation, rgb_to_xyz, xy_to_xyz

Values = NDArray[np.float64]

ROWS: Final = 4
COLUMNS: Final = 6

# x, y, Y under ICC D50 in reading order, from dark skin to black. X-Rite's published averages for
# charts made after November 2014, as colour-science 0.4.7 holds them under the name
# "ColorChecker24 - After November 2014" (rounded here to 6 digits; the test compares).
PATCHES: Final[dict[str, tuple[float, float, float]]] = {
    "dark skin": (0.437484, 0.378523, 0.098324),
    "light skin": (0.422249, 0.372494, 0.336202),
    "blue sky": (0.276147, 0.298382, 0.178552),
    "foliage": (0.373316, 0.451169, 0.134679),
    "blue flower": (0.302891, 0.286287, 0.228718),
    "bluish green": (0.286405, 0.389718, 0.414355),
    "orange": (0.528148, 0.405335, 0.312642),
    "purplish blue": (0.232386, 0.211204, 0.109109),
    "moderate red": (0.504448, 0.327065, 0.189000),
    "purple": (0.333471, 0.250552, 0.062767),
    "yellow green": (0.398893, 0.504149, 0.433176),
    "orange yellow": (0.493576, 0.444283, 0.429338),
    "blue": (0.205221, 0.168665, 0.055962),
    "green": (0.323038, 0.510418, 0.223344),
    "red": (0.562872, 0.335563, 0.127801),
    "yellow": (0.467759, 0.476024, 0.599298),
    "magenta": (0.421311, 0.266925, 0.189511),
    "cyan": (0.209129, 0.302658, 0.180610),
    "white 9.5": (0.348914, 0.364213, 0.880690),
    "neutral 8": (0.345584, 0.359881, 0.589971),
    "neutral 6.5": (0.344150, 0.359185, 0.364865),
    "neutral 5": (0.345769, 0.359094, 0.190623),
    "neutral 3.5": (0.342648, 0.357584, 0.088172),
    "black 2": (0.343767, 0.356058, 0.031513),
}
NAMES: Final = tuple(PATCHES)
WHITE_XY: Final[XY] = (0.345703, 0.358539)  # ICC D50
GREYS: Final = range(18, 24)
MIDDLE_GREYS: Final = (19, 20, 21)  # neither near the sensor's white nor near its black


def reference_xyz() -> Values:
    """XYZ of the patches under D50, (24, 3); Y = 1 for a perfect diffuser."""
    return np.array([xy_to_xyz((x, y)) * luminance for x, y, luminance in PATCHES.values()])


def reference_linear() -> Values:
    """Linear BT.709 of the patches, (24, 3): D50 adapted to D65 by linear Bradford.

    >>> reference_linear()[20].round(2).tolist()  # neutral 6.5
    [0.36, 0.37, 0.37]
    """
    to_rgb = np.linalg.inv(rgb_to_xyz(PRIMARIES["bt709"])) @ adaptation(WHITE_XY, D65_XY)
    return np.asarray(reference_xyz() @ to_rgb.T)
