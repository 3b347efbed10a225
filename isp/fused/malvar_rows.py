"""Malvar, He and Cutler's demosaicing on planes of every other photosite, compiled.

`mosaic_rows` lays the planes out. Rows are of two kinds: those whose pairs begin with red or blue
and those that begin with green. Every read is at a constant distance from the others and of unit
stride, so that the loops vectorise.

Source: Malvar, He, Cutler, ICASSP 2004, figure 2.
"""

from typing import no_type_check

from isp.core.kernels.compiled import approximate
from isp.fused.mosaic_rows import LENGTH, PAIRS, SECOND, F

# The first photosite of the first pair lies one after the beginning of its row: it has a neighbour.
A2, A1, HERE, B1, B2 = (1 + LENGTH * row for row in range(5))  # two rows above ... two below
RED, GREEN, BLUE = 0, 2 * PAIRS, 4 * PAIRS  # channels of the result; for BGGR red is blue
SIZE = 6 * PAIRS

# The paper's weights are eighths: green at red; green's own and its neighbours'; red at blue.
G_OWN, G_NEAR, G_FAR = F(4 / 8), F(2 / 8), F(-1 / 8)
C_OWN, C_NEAR, C_DIAGONAL = F(5 / 8), F(4 / 8), F(-1 / 8)
C_ALONG, C_ACROSS = F(-1 / 8), F(0.5 / 8)
X_OWN, X_DIAGONAL, X_FAR = F(6 / 8), F(2 / 8), F(-1.5 / 8)


@approximate
@no_type_check
def colour_first(p, n, rgb):
    """A row whose pairs are red and green: n pixels at red, then PAIRS on n pixels at green.

    p: five rows of planes, this one in the middle. rgb: the three channels, 2 PAIRS apart.
    """
    for i in range(n):
        own = p[HERE + i]
        far = (p[A2 + i] + p[B2 + i]) + (p[HERE + i - 1] + p[HERE + i + 1])
        greens = (p[A1 + i] + p[B1 + i]) + (p[SECOND + HERE + i - 1] + p[SECOND + HERE + i])
        blues = (p[SECOND + A1 + i - 1] + p[SECOND + A1 + i]) + (
            p[SECOND + B1 + i - 1] + p[SECOND + B1 + i]
        )
        rgb[RED + i] = own
        rgb[GREEN + i] = G_OWN * own + G_NEAR * greens + G_FAR * far
        rgb[BLUE + i] = X_OWN * own + X_DIAGONAL * blues + X_FAR * far
    for i in range(n):
        own = p[SECOND + HERE + i]
        diagonal = (p[A1 + i] + p[B1 + i]) + (p[A1 + i + 1] + p[B1 + i + 1])
        beside = p[SECOND + HERE + i - 1] + p[SECOND + HERE + i + 1]
        above = p[SECOND + A2 + i] + p[SECOND + B2 + i]
        both = C_OWN * own + C_DIAGONAL * diagonal
        reds = p[HERE + i] + p[HERE + i + 1]
        blues = p[SECOND + A1 + i] + p[SECOND + B1 + i]
        rgb[RED + PAIRS + i] = both + C_NEAR * reds + C_ALONG * beside + C_ACROSS * above
        rgb[GREEN + PAIRS + i] = own
        rgb[BLUE + PAIRS + i] = both + C_NEAR * blues + C_ALONG * above + C_ACROSS * beside


@approximate
@no_type_check
def green_first(p, n, rgb):
    """A row whose pairs are green and blue, otherwise as `colour_first`."""
    for i in range(n):
        own = p[HERE + i]
        diagonal = (p[SECOND + A1 + i - 1] + p[SECOND + B1 + i - 1]) + (
            p[SECOND + A1 + i] + p[SECOND + B1 + i]
        )
        beside = p[HERE + i - 1] + p[HERE + i + 1]
        above = p[A2 + i] + p[B2 + i]
        both = C_OWN * own + C_DIAGONAL * diagonal
        blues = p[SECOND + HERE + i - 1] + p[SECOND + HERE + i]
        reds = p[A1 + i] + p[B1 + i]
        rgb[RED + i] = both + C_NEAR * reds + C_ALONG * above + C_ACROSS * beside
        rgb[GREEN + i] = own
        rgb[BLUE + i] = both + C_NEAR * blues + C_ALONG * beside + C_ACROSS * above
    for i in range(n):
        own = p[SECOND + HERE + i]
        far = (p[SECOND + A2 + i] + p[SECOND + B2 + i]) + (
            p[SECOND + HERE + i - 1] + p[SECOND + HERE + i + 1]
        )
        greens = (p[SECOND + A1 + i] + p[SECOND + B1 + i]) + (p[HERE + i] + p[HERE + i + 1])
        reds = (p[A1 + i] + p[A1 + i + 1]) + (p[B1 + i] + p[B1 + i + 1])
        rgb[RED + PAIRS + i] = X_OWN * own + X_DIAGONAL * reds + X_FAR * far
        rgb[GREEN + PAIRS + i] = G_OWN * own + G_NEAR * greens + G_FAR * far
        rgb[BLUE + PAIRS + i] = own
