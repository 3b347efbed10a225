"""A slanted edge whose every pixel is the exact mean over its area, so that its SFR is known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from numpy.typing import NDArray

from simulate.scenes.region import ANCHOR_CD_M2, BRIGHTEST_CD_M2, check_range, check_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A straight edge between two luminances.

    row, column: a point of the edge in pixels; the first pixel's centre is at (0.5, 0.5).
    angle_deg: of the edge from the vertical. The light side lies where
        (x - column) cos(angle) + (y - row) sin(angle) > 0, x to the right and y down.
    """

    row: float
    column: float
    angle_deg: float
    dark_cd_m2: float
    light_cd_m2: float

    @property
    def normal(self) -> tuple[float, float]:
        """Unit vector (x, y) from the dark side to the light one."""
        turn = np.deg2rad(self.angle_deg)
        return float(np.cos(turn)), float(np.sin(turn))

    def pixel_mtf(self, cycles_per_pixel: NDArray[np.float64]) -> NDArray[np.float64]:
        """MTF across the edge of the square pixel alone: |sinc(f cos) sinc(f sin)|.

        Source: Fourier transform of the unit square along the edge's normal.
        """
        across, down = self.normal
        both: NDArray[np.float64] = np.sinc(cycles_per_pixel * across) * np.sinc(
            cycles_per_pixel * down
        )
        return np.abs(both)


def slanted_edge(
    height: int = 640,
    width: int = 960,
    *,
    angle: float = 5.0,
    contrast: float = 4.0,
    luminance: float = 100.0,
) -> Float32[np.ndarray, "h w 3"]:
    """Render an edge through the picture's centre, neutral in linear BT.709, 1.0 = ANCHOR_CD_M2.

    angle: degrees from the vertical; at 0 the right half is light, at 90 the lower half.
    contrast: light luminance over dark, at least 1; ISO 12233 asks for 4.
    luminance: of the light side, cd/m2.

    Raises UsageError for a number out of range.

    Source: ISO 12233:2017 (e-SFR: 4:1, 5 degrees); `half_plane_coverage` for the pixels.
    """
    edge = edge_of(height, width, angle=angle, contrast=contrast, luminance=luminance)
    across, down = edge.normal
    x = np.arange(width) + 0.5 - edge.column
    y = np.arange(height)[:, None] + 0.5 - edge.row
    light = half_plane_coverage(x * across + y * down, angle)
    value = (edge.dark_cd_m2 * (1 - light) + edge.light_cd_m2 * light) / ANCHOR_CD_M2
    return np.repeat(value[..., None], 3, axis=2).astype(np.float32)


def edge_of(
    height: int = 640,
    width: int = 960,
    *,
    angle: float = 5.0,
    contrast: float = 4.0,
    luminance: float = 100.0,
) -> Edge:
    """What `slanted_edge` of these arguments shows: place, angle and luminances of its edge."""
    check_size(height, width)
    check_range("angle (degrees)", angle, -360, 360)
    check_range("contrast", contrast, 1)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    return Edge(
        row=height / 2, column=width / 2, angle_deg=angle, dark_cd_m2=luminance / contrast,
        light_cd_m2=luminance,
    )  # fmt: skip


def half_plane_coverage(
    distance: Float64[np.ndarray, "*s"], angle_deg: float
) -> Float64[np.ndarray, "*s"]:
    """Part (0..1) of a unit pixel on the far side of a straight line, exactly.

    distance: from the line to the pixel's centre, pixels, positive on the far side.
    angle_deg: of the line from the pixel grid.

    The pixel's points lie at distances that are the sum of two independent uniform variables of
    widths |cos| and |sin|; their distribution function is a difference of four squares.

    >>> half_plane_coverage(np.array([-1.0, -0.25, 0.0, 0.25, 1.0]), 0.0).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    turn = np.deg2rad(angle_deg)
    long, short = sorted((abs(np.cos(turn)) / 2, abs(np.sin(turn)) / 2), reverse=True)
    if short < 1e-9:  # the squares would cancel; the line lies along the grid
        return np.asarray(np.clip(distance / (2 * long) + 0.5, 0, 1))
    s = np.clip(distance, -long - short, long + short)

    def ramp(values: NDArray[np.float64]) -> NDArray[np.float64]:
        squares: NDArray[np.float64] = np.maximum(values, 0) ** 2
        return squares

    squares = ramp(s + long + short) - ramp(s + long - short) - ramp(s - long + short)
    return np.asarray(np.clip(squares / (8 * long * short), 0, 1))
