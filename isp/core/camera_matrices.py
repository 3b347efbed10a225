"""DNG chapter 6: a camera matrix at a white, the white of a neutral, and the way to XYZ."""

from itertools import pairwise

import numpy as np

from isp.core.colour import D50_XY, D50_XYZ, XY, Matrix, adaptation_xyz, xyz_to_xy
from isp.core.errors import ProfileError
from isp.core.illuminants import illuminant_xy
from isp.core.temperature import xy_to_cct

FORWARD_TOLERANCE = 0.01  # of XYZ; files print four decimals, which sum to within 2e-4


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
