"""Lens shading out of flats: a mesh of gains per colour, and a polynomial in the radius."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError

BLOCKS = (24, 32)  # down and across; each gives one median a channel
POINTS = (17, 23)  # of the mesh
TERMS = 3  # r^2, r^4, r^6
LEAST_SITES = 9  # of a channel in a block, for a median
CLIPPED_SHARE = 1e-3
LEAST_LIGHT = 0.05  # of the range above black, as a flat's median
OUTLIER = 4.0  # deviations from which on a block does not count for the polynomial
ROUNDS = 5
MAD_TO_SIGMA = 1.482602

Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shading:
    """How light falls off over the frame.

    gains: per channel, (points down, points across); the light in the middle over that at the
    point. First and last points lie on the first and last photosite. coefficients: per channel
    those of r^2, r^4 ... added to 1, r = 1 at half the diagonal. departure_percent: per channel
    RMS of mesh over polynomial less 1: what is not round about the middle.
    """

    gains: Mapping[str, Plane]
    coefficients: Mapping[str, tuple[float, ...]]
    departure_percent: Mapping[str, float]
    size: tuple[int, int]

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "height": self.size[0],
            "width": self.size[1],
            "coefficients": {name: list(own) for name, own in self.coefficients.items()},
            "departure_percent": dict(self.departure_percent),
            "largest_gain": {name: float(own.max()) for name, own in self.gains.items()},
            "gains": {name: own.tolist() for name, own in self.gains.items()},
        }


def shading_of(light: Plane, cfa: Cfa) -> Shading:
    """Measure the shading of an even field.

    light: (h, w) mosaic, linear, black at 0; the mean of the flats. cfa: its pattern.
    The picture is cut into blocks and each channel's median is taken in each, so that dust and
    hot photosites in less than half of a block do nothing; what the polynomial leaves of the
    medians goes through a median of 3 x 3 blocks, which takes out a speck as large as one.

    Raises CalibrationError for a picture too small or without light.

    Source: DNG 1.7.1, GainMap and FixVignetteRadial, for what is fitted; the medians are ours.
    """
    height, width = light.shape
    blocks = _blocks(light.shape, cfa.period)
    of_channel = cfa.colour_map(height, width).numpy()
    gains, coefficients, departures = {}, {}, {}
    for index, name in enumerate(cfa.channels):
        medians, down, across = _medians(light, of_channel == index, blocks, name)
        fit = _radial(medians, down, across, (height, width))
        gains[name], departures[name] = _mesh(medians, fit, down, across, (height, width))
        coefficients[name] = tuple(float(part) for part in fit[1:] / fit[0])
    return Shading(
        gains=gains,
        coefficients=coefficients,
        departure_percent=departures,
        size=(height, width),
    )


def mean_light(
    frames: Iterable[NDArray[Any]], black_level_dn: Sequence[float], white_dn: float, cfa: Cfa
) -> Plane:
    """Mean of flats above black, DN, (h, w).

    black_level_dn: per site of the period. white_dn: where DN saturate.

    Raises CalibrationError for no flat, flats of different sizes, clipped or dark ones.
    """
    total, count, dimmest = np.zeros((0, 0)), 0, (1.0, 0)
    for frame in frames:
        if not count:
            total, black = np.zeros(frame.shape), _black(frame.shape, black_level_dn, cfa)
        if frame.shape != total.shape:
            raise CalibrationError(
                f"the flats differ in size: {total.shape[1]} x {total.shape[0]} and "
                f"{frame.shape[1]} x {frame.shape[0]}"
            )
        clipped = float((frame >= white_dn).mean())
        if clipped > CLIPPED_SHARE:
            raise CalibrationError(
                f"{clipped:.1%} of a flat is clipped; shoot it again, at half of saturation"
            )
        total += frame
        count += 1
        dimmest = min(dimmest, (float(np.median((frame - black) / (white_dn - black))), count))
    if not count:
        raise CalibrationError("shading needs a flat, and none came")
    if dimmest[0] < LEAST_LIGHT:
        raise CalibrationError(
            f"flat {dimmest[1]} of {count} is dark: its median is {dimmest[0]:.1%} of the range "
            f"above black, under {LEAST_LIGHT:.0%}; shoot it again, of an evenly lit field, at "
            "half of saturation"
        )
    return np.asarray(total / count - black)


def _black(shape: tuple[int, ...], black_level_dn: Sequence[float], cfa: Cfa) -> Plane:
    sites = np.asarray(black_level_dn, np.float64).reshape(cfa.period)
    repeats = [-(-n // p) for n, p in zip(shape, cfa.period, strict=True)]
    return np.asarray(np.tile(sites, repeats)[: shape[0], : shape[1]])


def site_gains(shading: Shading, cfa: Cfa) -> Plane:
    """Gains of each site of the period, row-major, (sites, points down, points across)."""
    return np.stack([shading.gains[name] for row in cfa.pattern for name in row])


def square_radius(down: Plane, across: Plane, size: tuple[int, int]) -> Plane:
    """r^2 at rows x columns of photosites; 1 at half the diagonal from the middle."""
    y, x = down + 0.5 - size[0] / 2, across + 0.5 - size[1] / 2
    squared: Plane = (y[:, None] ** 2 + x[None, :] ** 2) / (size[0] ** 2 + size[1] ** 2) * 4
    return squared


def _blocks(shape: tuple[int, ...], period: tuple[int, int]) -> tuple[int, int]:
    """As many blocks as the picture has room for."""
    least = [int(np.ceil(LEAST_SITES**0.5)) * p for p in period]
    found = [min(most, n // side) for most, n, side in zip(BLOCKS, shape, least, strict=True)]
    if min(found) < 4:
        raise CalibrationError(
            f"{shape[1]} x {shape[0]} photosites are too few for shading; "
            f"{4 * least[1]} x {4 * least[0]} are needed"
        )
    return found[0], found[1]


def _medians(
    light: Plane, chosen: NDArray[np.bool_], blocks: tuple[int, int], name: str
) -> tuple[Plane, Plane, Plane]:
    """Median of a channel in each block, and mean row and column of its photosites there."""
    edges = [np.linspace(0, n, count + 1).round().astype(int) for n, count in
             zip(light.shape, blocks, strict=True)]  # fmt: skip
    medians = np.empty(blocks)
    for i, (top, bottom) in enumerate(zip(edges[0][:-1], edges[0][1:], strict=True)):
        for j, (left, right) in enumerate(zip(edges[1][:-1], edges[1][1:], strict=True)):
            block = slice(top, bottom), slice(left, right)
            medians[i, j] = np.median(light[block][chosen[block]])
    if not medians.min() > 0:
        raise CalibrationError(
            f"part of the flat has no light in {name}: it is darker than the black level"
        )
    down, across = (_means(chosen.sum(1 - axis), edge) for axis, edge in enumerate(edges))
    return medians, down, across


def _means(count: NDArray[np.int64], edges: NDArray[np.int64]) -> Plane:
    """Mean line of each block, each line counted as often as it has photosites."""
    moments = np.add.reduceat(count * np.arange(len(count)), edges[:-1])
    means: Plane = moments / np.add.reduceat(count, edges[:-1])
    return means


def _radial(medians: Plane, down: Plane, across: Plane, size: tuple[int, int]) -> Plane:
    """Light = c0 + c1 r^2 + c2 r^4 ..., by least squares without the outliers."""
    squared = square_radius(down, across, size).ravel()
    terms = np.stack([squared**power for power in range(TERMS + 1)], 1)
    values, used = medians.ravel(), np.ones(medians.size, bool)
    fit: Plane = np.zeros(TERMS + 1)
    for _ in range(ROUNDS):
        fit = np.asarray(np.linalg.lstsq(terms[used], values[used], rcond=None)[0], np.float64)
        away = values / (terms @ fit) - 1
        sigma = MAD_TO_SIGMA * float(np.median(np.abs(away - np.median(away))))
        used = np.abs(away - np.median(away)) <= OUTLIER * max(sigma, 1e-9)
    if not fit[0] > 0:
        raise CalibrationError("the flat has no light in its middle")
    return fit


def _mesh(
    medians: Plane, fit: Plane, down: Plane, across: Plane, size: tuple[int, int]
) -> tuple[Plane, float]:
    """Gains on the mesh; and the RMS of what the polynomial leaves, percent."""
    from scipy.interpolate import RectBivariateSpline
    from scipy.ndimage import median_filter

    def polynomial(rows: Plane, columns: Plane) -> Plane:
        light = np.polyval(fit[::-1], square_radius(rows, columns, size))
        return np.asarray(light, np.float64)

    ratio = medians / polynomial(down, across)
    left = np.asarray(median_filter(ratio, 3, mode="nearest"), np.float64)
    rows, columns = (np.linspace(0, n - 1, count) for n, count in zip(size, POINTS, strict=True))
    # What is left is nearly flat: a plane from block to block, and the edge block's beyond it.
    spread = RectBivariateSpline(down, across, left, kx=1, ky=1)
    inside = spread(rows.clip(down[0], down[-1]), columns.clip(across[0], across[-1]))
    light = np.asarray(polynomial(rows, columns) * inside, np.float64)
    if not light.min() > 0:
        raise CalibrationError("the flat falls to no light at its edge: is the lens hood in view?")
    return fit[0] / light, 100 * float(np.sqrt(((left - 1) ** 2).mean()))
