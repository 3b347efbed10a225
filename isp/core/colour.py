"""Colour spaces, chromatic adaptation and DNG's colour mathematics, in float64 matrices."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FrameError, ProfileError
from isp.core.wavelengths import check_wavelengths

Matrix = NDArray[np.float64]
XY = tuple[float, float]

D50_XYZ = np.array([0.9642, 1.0, 0.8249])  # ICC profile connection space, as DNG uses it
D50_XY = (0.3457, 0.3585)
D65_XY = (0.3127, 0.3290)
FORWARD_TOLERANCE = 0.01  # of XYZ; files print four decimals, which sum to within 2e-4

# Red, green, blue and white xy. BT.709-6, SMPTE EG 432-1, BT.2020-2, AMPAS TB-2014-004.
PRIMARIES: dict[str, tuple[float, ...]] = {
    "bt709": (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *D65_XY),
    "p3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65_XY),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65_XY),
    "acescg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
}

# xy, and photons per um^2 per lux second within 400-700 nm (CONVENTIONS section 5.1):
# sum S(l) l/(hc) over 400-700 nm divided by 683 sum S(l) V(l), CIE 1931 2 degree, 1 nm steps.
ILLUMINANTS: dict[str, tuple[float, float, float]] = {
    "A": (0.44758, 0.40745, 12032.17),
    "D50": (0.34570, 0.35850, 10745.49),
    "D55": (0.33243, 0.34744, 10753.04),
    "D65": (0.31270, 0.32900, 10880.15),
    "D75": (0.29903, 0.31488, 11062.41),
    "E": (1 / 3, 1 / 3, 11419.03),
    "FL2": (0.37210, 0.37510, 7879.47),
    "FL11": (0.38050, 0.37690, 7923.52),
    "LED-B3": (0.37560, 0.37230, 8639.17),
}

# EXIF LightSource codes that DNG's CalibrationIlluminant uses.
LIGHT_SOURCES = {17: "A", 20: "D55", 21: "D65", 22: "D75", 23: "D50"}

BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

# Isotemperature lines: reciprocal megakelvin, u, v, slope. Robertson 1968, JOSA 58(11), table 1.
ROBERTSON = (
    (0, 0.18006, 0.26352, -0.24341), (10, 0.18066, 0.26589, -0.25479),
    (20, 0.18133, 0.26846, -0.26876), (30, 0.18208, 0.27119, -0.28539),
    (40, 0.18293, 0.27407, -0.30470), (50, 0.18388, 0.27709, -0.32675),
    (60, 0.18494, 0.28021, -0.35156), (70, 0.18611, 0.28342, -0.37915),
    (80, 0.18740, 0.28668, -0.40955), (90, 0.18880, 0.28997, -0.44278),
    (100, 0.19032, 0.29326, -0.47888), (125, 0.19462, 0.30141, -0.58204),
    (150, 0.19962, 0.30921, -0.70471), (175, 0.20525, 0.31647, -0.84901),
    (200, 0.21142, 0.32312, -1.0182), (225, 0.21807, 0.32909, -1.2168),
    (250, 0.22511, 0.33439, -1.4512), (275, 0.23247, 0.33904, -1.7298),
    (300, 0.24010, 0.34308, -2.0637), (325, 0.24792, 0.34655, -2.4681),
    (350, 0.25591, 0.34951, -2.9641), (375, 0.26400, 0.35200, -3.5814),
    (400, 0.27218, 0.35407, -4.3633), (425, 0.28039, 0.35577, -5.3762),
    (450, 0.28863, 0.35714, -6.7262), (475, 0.29685, 0.35823, -8.5955),
    (500, 0.30505, 0.35907, -11.324), (525, 0.31320, 0.35968, -15.628),
    (550, 0.32129, 0.36011, -23.325), (575, 0.32931, 0.36038, -40.770),
    (600, 0.33724, 0.36051, -116.45),
)  # fmt: skip


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


def illuminant_xy(name: str) -> XY:
    """Chromaticity of an illuminant of the table.

    Raises ProfileError for a name that is not in it.
    """
    return _illuminant(name)[:2]


def photons_per_lux_second(name: str) -> float:
    """Photons per um^2 per lux second within 400-700 nm."""
    return _illuminant(name)[2]


def _illuminant(name: str) -> tuple[float, float, float]:
    if name not in ILLUMINANTS:
        raise ProfileError(f'no illuminant is named "{name}"; known: {", ".join(ILLUMINANTS)}')
    return ILLUMINANTS[name]


def xy_to_cct(xy: XY) -> float:
    """Correlated colour temperature in kelvin (Robertson 1968)."""
    x, y = xy
    u, v = 4 * x / (-2 * x + 12 * y + 3), 6 * y / (-2 * x + 12 * y + 3)
    distances = [((v - v0) - t * (u - u0)) / np.hypot(1, t) for _, u0, v0, t in ROBERTSON]
    for (above, below), (d0, d1) in zip(pairwise(ROBERTSON), pairwise(distances), strict=True):
        if d0 >= 0 > d1 or d1 == 0:
            weight = d0 / (d0 - d1)
            mired = above[0] + weight * (below[0] - above[0])
            return float(1e6 / max(mired, 1e-3))
    return 1e9 if distances[0] < 0 else 1e6 / ROBERTSON[-1][0]


def interpolation_weight(cct: float, cct_1: float, cct_2: float) -> float:
    """Weight of the first of two calibrations, linear in reciprocal temperature, clamped.

    Source: DNG 1.7.1 chapter 6.

    >>> round(interpolation_weight(4000, 2856, 6504), 3)
    0.49
    """
    if cct_1 == cct_2:
        return 1.0
    weight = (1 / cct - 1 / cct_2) / (1 / cct_1 - 1 / cct_2)
    return float(min(max(weight, 0.0), 1.0))


def xyz_to_camera_at(
    matrices: dict[str, Matrix], xy: XY, calibrations: dict[str, Matrix] | None = None
) -> Matrix:
    """XYZ-to-camera matrix for a white: AB CC CM, each interpolated.

    matrices: illuminant name to 3x3 (or 1x3) CM. calibrations: to AB CC; none for the identity.

    Raises ProfileError when there is no matrix.

    Source: DNG 1.7.1 chapter 6.
    """
    matrix = matrix_at(matrices, xy)
    return np.asarray(matrix_at(calibrations, xy) @ matrix) if calibrations else matrix


def matrix_at(matrices: dict[str, Matrix], xy: XY) -> Matrix:
    """A matrix for a white, from the two illuminants (of those named) around its temperature.

    Raises ProfileError when there is none.
    """
    if not matrices:
        raise ProfileError(
            "the camera has no colour matrix; pass --camera with one: a built-in, or a profile of "
            "calibrate colour, or of calibrate noise --from CAMERA"
        )
    by_cct = sorted((xy_to_cct(illuminant_xy(name)), name) for name in matrices)
    cct = xy_to_cct(xy)
    if len(by_cct) == 1 or cct <= by_cct[0][0]:
        return matrices[by_cct[0][1]]
    for (cct_1, name_1), (cct_2, name_2) in pairwise(by_cct):
        if cct <= cct_2:
            weight = interpolation_weight(cct, cct_1, cct_2)
            return weight * matrices[name_1] + (1 - weight) * matrices[name_2]
    return matrices[by_cct[-1][1]]


def white_from_neutral(
    neutral: Matrix, matrices: dict[str, Matrix], calibrations: dict[str, Matrix] | None = None
) -> XY:
    """Chromaticity of the scene's white from the camera's neutral, by iteration.

    Source: DNG 1.7.1 chapter 6: start at D50, stop below 1e-7, at most 30 rounds.
    """
    xy = D50_XY
    for _ in range(30):
        to_camera = xyz_to_camera_at(matrices, xy, calibrations)
        new = xyz_to_xy(np.asarray(np.linalg.solve(to_camera, neutral)))
        if abs(new[0] - xy[0]) + abs(new[1] - xy[1]) < 1e-7:
            return new
        previous, xy = xy, new
    return (xy[0] + previous[0]) / 2, (xy[1] + previous[1]) / 2


def balanced_camera_to_xyz_d50(
    neutral: Matrix,
    matrices: dict[str, Matrix],
    forward: dict[str, Matrix] | None = None,
    calibrations: dict[str, Matrix] | None = None,
) -> Matrix:
    """White-balanced camera RGB to XYZ under D50, so that (1, 1, 1) is the D50 white.

    neutral: camera RGB of white, green 1. The input of the matrix has been divided by it.
    forward: illuminant to forward matrix; where there is any, it is taken instead of adapting
        the white, and its rows are scaled by what rounding took from the D50 white.
    calibrations: illuminant to K = AB CC; a forward matrix becomes FM D K^-1, D = 1 / K^-1 neutral.

    Raises ProfileError for a forward matrix that takes (1, 1, 1) elsewhere than to D50.

    Source: DNG 1.7.1 chapter 6, with and without ForwardMatrix.
    """
    white = white_from_neutral(neutral, matrices, calibrations)
    if forward:
        to_d50 = matrix_at(forward, white)
        sums = to_d50.sum(axis=1)
        if np.abs(sums - D50_XYZ).max() > FORWARD_TOLERANCE:
            raise ProfileError(
                "a forward matrix takes neutral to XYZ 0.9642, 1, 0.8249 (D50), but this one to "
                f"{', '.join(f'{v:.4f}' for v in sums)}"
            )
        to_d50 = np.diag(D50_XYZ / sums) @ to_d50
        if not calibrations:
            return np.asarray(to_d50)
        to_model = np.linalg.inv(matrix_at(calibrations, white)) @ np.diag(neutral)
        return np.asarray(to_d50 @ np.diag(1 / to_model.sum(axis=1)) @ to_model)
    camera_to_xyz = np.linalg.inv(xyz_to_camera_at(matrices, white, calibrations)) @ np.diag(
        neutral
    )
    white_xyz = camera_to_xyz @ np.ones(3)
    adapted = adaptation_xyz(white_xyz / white_xyz[1], D50_XYZ) @ camera_to_xyz
    return np.asarray(adapted / white_xyz[1])


def xyz_d50_to_rgb(primaries: tuple[float, ...]) -> Matrix:
    """XYZ under D50 to linear RGB, white to white."""
    white = xy_to_xyz((primaries[6], primaries[7]))
    return np.asarray(np.linalg.inv(rgb_to_xyz(primaries)) @ adaptation_xyz(D50_XYZ, white))
