"""What the dead leaves' correlation and power spectrum must be, by their radii alone."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

NODES: Final = 96
STEPS: Final = 4096  # of the distance, in the transform to frequency, at least
STEPS_PER_CYCLE: Final = 16

Values = NDArray[np.float64]


def same_leaf(distance: Values, radii: tuple[float, float]) -> Values:
    """Probability that one leaf is the uppermost at both of two places: the correlation.

    distance: between the places, pixels (n,). radii: least and greatest, density ~ r^-3.

    With g(d) the mean area that two copies of a leaf share when one is moved by d, it is
    g(d) / (2 g(0) - g(d)): of the leaves that touch either place, the uppermost covers both.

    Source: Matheron 1968; Lee, Mumford, Huang 2001, IJCV 41, section 4.

    >>> same_leaf(np.array([0.0, 20.0]), (1.0, 10.0)).tolist()
    [1.0, 0.0]
    """
    least, greatest = radii
    # With u = d / 2r the shared area is 2 r^2 (acos u - u sqrt(1 - u^2)), and r^-3 r^2 dr = du/u;
    # the common factor 2 / (least^-2 - greatest^-2) drops out of the ratio.
    shared = np.full(distance.shape, np.pi * np.log(greatest / least))
    apart = np.flatnonzero(distance > 0)
    d = distance[apart]
    low, high = np.log(d / (2 * greatest)), np.log(np.minimum(d / (2 * least), 1))
    # Below u = 1 the integrand ends like (1 - u)^1.5; nodes crowd there.
    places, weights = np.polynomial.legendre.leggauss(NODES)
    crowd, slope = 1 - ((1 - places) / 2) ** 2, (1 - places) / 2
    width = np.maximum(high - low, 0)[:, None]
    u = np.exp(low[:, None] + width * crowd)
    u = np.clip(u, 0, 1)
    area = 2 * (np.arccos(u) - u * np.sqrt(1 - u * u))
    covered = (area * width) @ (slope * weights)
    # Leaves smaller than d / 2 share nothing.
    shared[apart] = np.where(d < 2 * greatest, covered, 0)
    zero = np.pi * np.log(greatest / least)
    return np.asarray(shared / (2 * zero - shared))


def leaf_spectrum(
    cycles_per_pixel: Values, radii: tuple[float, float], variance: float = 1.0
) -> Values:
    """Power spectral density of the leaves, per (cycle per pixel)^2, before any pixel aperture.

    cycles_per_pixel: radial frequencies above 0 (n,). variance: of a leaf's own value; a uniform
        one between two reflectances has (lightest - darkest)^2 / 12.

    Source: Hankel transform 2 pi integral of C(d) J0(2 pi f d) d dd (Wiener-Khinchin).
    """
    from scipy.special import j0

    reach = 2 * radii[1]
    # Geometric steps: the spectrum's high end comes from the cusp of C at 0.
    steps = max(STEPS, int(STEPS_PER_CYCLE * reach * cycles_per_pixel.max()))
    near, even = np.geomspace(1e-4 * radii[0], reach, STEPS), np.linspace(0, reach, steps)
    fine = np.unique(np.concatenate([near, even]))
    middle, step = (fine[1:] + fine[:-1]) / 2, np.diff(fine)
    weight = 2 * np.pi * variance * same_leaf(middle, radii) * middle * step
    waves: Values = j0(2 * np.pi * cycles_per_pixel[:, None] * middle)
    return np.asarray(waves @ weight)
