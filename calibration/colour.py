"""Colour against a chart: exposure, white balance and a 3x3 matrix that keeps white."""

import numpy as np
from numpy.typing import NDArray

from calibration.colour_checker import GREYS, MIDDLE_GREYS, Values
from isp.core.errors import CalibrationError

# A matrix that keeps white has rows that sum to 1: two free numbers each.
_FREE = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
_KEPT = np.array([0.0, 0.0, 1.0])


def chart_gains(camera: Values, measured: NDArray[np.bool_]) -> tuple[float, float, float]:
    """White-balance gains R, G, B, green = 1, of the middle greys of a chart.

    camera: mean of each patch in linear camera RGB before balance, (24, 3). measured: which count.

    Raises CalibrationError when no middle grey is measured or one colour has no light.
    """
    chosen = [index for index in MIDDLE_GREYS if measured[index]]
    total = camera[chosen].sum(axis=0) if chosen else np.zeros(3)
    if not (total > 0).all():
        raise CalibrationError("the middle greys of the chart are not measured, or without light")
    return float(total[1] / total[0]), 1.0, float(total[1] / total[2])


def exposure_match(luminance: Values, reference: Values, measured: NDArray[np.bool_]) -> float:
    """The factor that brings the greys' luminance nearest to the reference's, by least squares.

    luminance, reference: of all 24 patches, linear.

    Raises CalibrationError when no grey is measured or lit.
    """
    chosen = [index for index in GREYS if measured[index]]
    square = float((luminance[chosen] ** 2).sum())
    if square == 0:
        raise CalibrationError("no grey of the chart is measured and lit")
    return float((luminance[chosen] * reference[chosen]).sum()) / square


def fit_keeping_white(linear: Values, reference: Values) -> Values:
    """The 3x3 matrix, rows summing to 1, that brings linear RGB nearest to the reference.

    linear, reference: (n, 3) in one space and at one exposure; plain least squares over all
    channels. (1, 1, 1) stays (1, 1, 1), so white balance is left alone.

    Raises CalibrationError when the colours do not span RGB.

    >>> colours = np.array([[0.9, 0.2, 0.1], [0.2, 0.8, 0.3], [0.1, 0.2, 0.7]])
    >>> turn = np.array([[1.2, -0.1, -0.1], [0.0, 1.1, -0.1], [-0.2, 0.0, 1.2]])
    >>> np.allclose(fit_keeping_white(colours, colours @ turn.T), turn)
    True
    """
    # row . rgb with row = kept + free z: (rgb free) z = reference - rgb kept.
    left = linear @ _FREE
    if len(linear) < 3 or np.linalg.matrix_rank(left) < 2:
        raise CalibrationError("colours that differ are needed to fit a matrix")
    right = reference - (linear @ _KEPT)[:, None]
    free = np.linalg.lstsq(left, right, rcond=None)[0]  # (2, 3)
    return np.asarray(_KEPT + free.T @ _FREE.T)
