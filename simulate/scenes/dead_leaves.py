"""Dead leaves: occluding discs whose radii follow a power law, so that texture has every scale."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from isp.core.errors import UsageError
from isp.core.rng import Draws, Effect, uniform
from simulate.scenes.region import ANCHOR_CD_M2, BRIGHTEST_CD_M2, check_range, check_size

STREAM: Final = "scene:dead-leaves"  # in the key, so that no other scene draws the same words
ROWS_OF_A_BLOCK: Final = 1 << 16
CHUNK: Final = 1 << 14  # leaves drawn at a time; divides a block
LEAST_RADIUS: Final = 0.5


def dead_leaves(
    height: int = 640,
    width: int = 960,
    *,
    seed: int = 0,
    min_radius: float = 1.0,
    max_radius: float | None = None,
    darkest: float = 0.05,
    lightest: float = 0.95,
    colour: bool = False,
    luminance: float = 100.0,
) -> Float32[np.ndarray, "h w 3"]:
    """Render discs lying on each other in linear BT.709, 1.0 = ANCHOR_CD_M2.

    seed: another number, another picture; the same one is the same picture everywhere.
    min_radius, max_radius: pixels, with density proportional to r^-3 between them; the largest
        is a quarter of the shorter side without.
    darkest, lightest: reflectances 0..1 between which a disc's own is uniform; with `colour`
        red, green and blue are drawn apart.
    luminance: of a perfect diffuser, cd/m2.
    Each pixel is the mean of 64 places. The field is stationary: discs fall beyond the border too.

    Raises UsageError for a number out of range, DrawError for a seed that is no 64-bit number.

    Source: Lee, Mumford, Huang 2001, IJCV 41 (r^-3 leaves); the discs are laid from the top down
    (Kendall, Thonnes 1999, Pattern Recognition 32), so that the picture is exact once covered.
    """
    radii = radius_range(height, width, min_radius, max_radius)
    check_range("darkest", darkest, 0, 1)
    check_range("lightest", lightest, darkest, 1)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    from simulate.scenes.dead_leaves_cpu import WHOLE, lay  # numba: only where leaves are laid

    free = np.full((height, width), WHOLE, dtype=np.uint64)  # a bit for each place not yet covered
    sums = np.zeros((height, width, 3))
    left = 64 * height * width
    for across, down, radius, share in _leaves(height, width, seed, radii, colour):
        left -= lay(free, sums, across, down, radius, share)
        if left == 0:
            break
    reflectance = darkest + (lightest - darkest) * sums / 64
    return np.asarray(reflectance * (luminance / ANCHOR_CD_M2), dtype=np.float32)


def radius_range(
    height: int, width: int, min_radius: float = 1.0, max_radius: float | None = None
) -> tuple[float, float]:
    """Return the least and the greatest radius of `dead_leaves` of these arguments, pixels.

    Raises UsageError for radii out of order or below half a pixel.
    """
    check_size(height, width)
    check_range("min_radius (pixels)", min_radius, LEAST_RADIUS)
    greatest = max(min(height, width) / 4, 2 * min_radius) if max_radius is None else max_radius
    check_range("max_radius (pixels)", greatest, min_radius)
    if greatest == min_radius:
        raise UsageError("max_radius must be above min_radius: leaves of one size have no law")
    return min_radius, greatest


def power_law_radius(
    shares: NDArray[np.float64], radii: tuple[float, float]
) -> NDArray[np.float64]:
    """Radii of density proportional to r^-3 from uniform shares, by the inverse of its integral.

    >>> power_law_radius(np.array([0.0, 0.5, 1.0]), (1.0, 10.0)).round(4).tolist()
    [1.0, 1.4072, 10.0]
    """
    least, greatest = radii
    inverse_squares = least**-2 - shares * (least**-2 - greatest**-2)
    return np.asarray(inverse_squares**-0.5)


def _leaves(
    height: int, width: int, seed: int, radii: tuple[float, float], colour: bool
) -> Iterator[tuple[NDArray[np.float64], ...]]:
    """Centres x and y, radii and colour shares (n, 3) of the leaves, from the uppermost down.

    Leaf k takes row k mod 65536 of draw block k div 65536.
    """
    beyond = radii[1]
    start = 0
    while True:
        block, row = divmod(start, ROWS_OF_A_BLOCK)
        draws = Draws(seed=seed, effect=Effect.SCENE, sensor=STREAM, origin=(row, 0))
        words = draws.words(CHUNK, 6 if colour else 4, block=block)
        share = uniform(words)[0, 0].numpy().T  # (4 or 6, n)
        yield (
            share[0] * (width + 2 * beyond) - beyond,
            share[1] * (height + 2 * beyond) - beyond,
            power_law_radius(share[2], radii),
            np.ascontiguousarray((share[3:] if colour else share[[3, 3, 3]]).T),
        )
        start += CHUNK
