"""What a grey scene is in a picture, for the tests of fullwell develop."""

from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    GREY,
    WHITE_DN,
)

RANGE_DN = WHITE_DN - BLACK_DN


LINEAR_GREY = round(GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E) / RANGE_DN


# Red and blue round to a DN too, and their gains (2.22, 1.25) and the matrix enlarge that.
ROUNDING = 0.5 / RANGE_DN * 2.22 * 2


def srgb(linear: float) -> float:
    """IEC 61966-2-1 above its toe."""
    return float(1.055 * linear ** (1 / 2.4) - 0.055)
