"""DNG's colour matrices out of a camera's white and its way to XYZ in a named light."""

import numpy as np

from calibration.colour_fit import Values
from isp.core.colour import D50_XYZ, adaptation_xyz, xy_to_xyz
from isp.core.errors import CalibrationError
from isp.core.illuminants import illuminant_xy
from isp.core.sensor import ColourMatrixEntry

WHITE_TOLERANCE = 1e-6


def matrix_entry(illuminant: str, neutral: Values, forward: Values) -> ColourMatrixEntry:
    """ColorMatrix and ForwardMatrix of one light.

    illuminant: name of the light, of `isp.core.illuminants`. neutral: camera RGB (3,) of
    white in it. forward: (3, 3), camera RGB over neutral to XYZ under D50; it keeps white.

    ColorMatrix is made of the same numbers: from XYZ in that light to D50 by linear Bradford, back
    through the forward matrix, times neutral; green of white is 1. So a reader that takes forward
    matrices and one that does not develop alike.

    Raises CalibrationError for a forward matrix that does not keep white, or has no inverse;
    ProfileError for an unknown light.

    Source: DNG 1.7.1 chapter 6, mapping camera colour space to CIE XYZ.
    """
    if forward.shape != (3, 3) or np.abs(forward.sum(axis=1) - D50_XYZ).max() > WHITE_TOLERANCE:
        raise CalibrationError(
            "DNG takes a 3x3 matrix that keeps white; fit by least-squares-white or delta-e"
        )
    if np.linalg.cond(forward) > 1e6:
        raise CalibrationError(
            "the colour matrix has no inverse: the chart's colours do not differ"
        )
    white = xy_to_xyz(illuminant_xy(illuminant))
    to_camera = np.linalg.inv(forward) @ adaptation_xyz(white, D50_XYZ)
    matrix = np.diag(neutral / neutral[1]) @ to_camera
    return ColourMatrixEntry(
        illuminant=illuminant,
        xyz_to_camera=_rows(matrix),
        forward=_rows(forward),
    )


def _rows(matrix: Values) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
