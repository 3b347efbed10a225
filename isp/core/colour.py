"""Colour spaces and chromatic adaptation, in float64 matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FrameError
from isp.core.wavelengths import check_wavelengths

Matrix = NDArray[np.float64]
XY = tuple[float, float]

D50_XYZ = np.array([0.9642, 1.0, 0.8249])  # ICC profile connection space, as DNG uses it
D50_XY = (0.3457, 0.3585)
D65_XY = (0.3127, 0.3290)

# Red, green, blue and white xy. BT.709-6, SMPTE EG 432-1, BT.2020-2, AMPAS TB-2014-004.
PRIMARIES: dict[str, tuple[float, ...]] = {
    "bt709": (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *D65_XY),
    "p3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65_XY),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65_XY),
    "acescg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
}

BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """What the numbers of an RGB frame mean.

    primaries: x, y of red, green, blue and white (8 numbers).
    transfer: `linear`, or the name of the encoding (`srgb`).
    anchor_cd_m2: luminance of RGB = 1, when known.
    wavelengths_nm: of a spectral SCENE frame, one per channel, rising: channel k is then spectral
        radiance in W/(m2 sr nm), the mean over a band that reaches halfway to its neighbours
        (the outermost bands are symmetric); primaries and anchor say nothing about it. None
        for RGB.
    """

    primaries: tuple[float, ...] = PRIMARIES["bt709"]
    transfer: str = "linear"
    anchor_cd_m2: float | None = None
    wavelengths_nm: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check the eight numbers, and the wavelengths."""
        if len(self.primaries) != 8:
            raise FrameError(f"primaries are 8 numbers, but {len(self.primaries)} came")
        xy = np.reshape(self.primaries, (4, 2))
        triangle = np.column_stack([xy[:3], np.ones(3)])
        if not np.isfinite(xy).all() or abs(np.linalg.det(triangle)) < 1e-6 or xy[3, 1] <= 0:
            raise FrameError(f"primaries {self.primaries} span no colours around a white")
        if self.anchor_cd_m2 is not None and not 0 < self.anchor_cd_m2 < float("inf"):
            raise FrameError(f"1.0 means a positive luminance, not {self.anchor_cd_m2} cd/m2")
        if self.wavelengths_nm is not None:
            trouble = check_wavelengths(self.wavelengths_nm)
            if trouble is not None:
                raise FrameError(f"a spectral frame: {trouble}")

    @property
    def white_xy(self) -> XY:
        """Chromaticity of R = G = B."""
        return self.primaries[6], self.primaries[7]

    @property
    def space(self) -> str | None:
        """The primaries' common name, or None."""
        for name, primaries in PRIMARIES.items():
            if np.allclose(primaries, self.primaries, atol=5e-4):
                return name
        return None


def xy_to_xyz(xy: XY) -> Matrix:
    """XYZ of a chromaticity at Y = 1."""
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def xyz_to_xy(xyz: Matrix) -> XY:
    """Chromaticity of an XYZ."""
    total = float(xyz.sum())
    return float(xyz[0]) / total, float(xyz[1]) / total


def rgb_to_xyz(primaries: tuple[float, ...]) -> Matrix:
    """Matrix from linear RGB to XYZ with Y = 1 for white (SMPTE RP 177).

    >>> rgb_to_xyz(PRIMARIES["bt709"])[1].round(6).tolist()
    [0.212639, 0.715169, 0.072192]
    """
    xy = np.reshape(primaries, (4, 2))
    # Columns are X, Y, Z of each primary up to its scale; z written out keeps y = 0 allowed.
    columns = np.array([[x, y, 1 - x - y] for x, y in xy[:3]]).T
    scales = np.linalg.solve(columns, xy_to_xyz((xy[3, 0], xy[3, 1])))
    return np.asarray(columns * scales)


def adaptation(source: XY, target: XY) -> Matrix:
    """Linear Bradford adaptation of XYZ from one white to another (ICC.1:2022 annex E)."""
    return adaptation_xyz(xy_to_xyz(source), xy_to_xyz(target))


def adaptation_xyz(source: Matrix, target: Matrix) -> Matrix:
    """`adaptation` between two whites given as XYZ."""
    gains = (BRADFORD @ target) / (BRADFORD @ source)
    return np.asarray(np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD)


def rgb_to_rgb(source: tuple[float, ...], target: tuple[float, ...]) -> Matrix:
    """Matrix between two linear RGB spaces, whites adapted by Bradford."""
    source_white, target_white = (source[6], source[7]), (target[6], target[7])
    adapt = adaptation(source_white, target_white)
    return np.asarray(np.linalg.inv(rgb_to_xyz(target)) @ adapt @ rgb_to_xyz(source))


def xyz_d50_to_rgb(primaries: tuple[float, ...]) -> Matrix:
    """XYZ under D50 to linear RGB, white to white."""
    white = xy_to_xyz((primaries[6], primaries[7]))
    return np.asarray(np.linalg.inv(rgb_to_xyz(primaries)) @ adaptation_xyz(D50_XYZ, white))
