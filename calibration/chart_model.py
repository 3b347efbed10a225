"""A camera's colour in one light, out of a chart: its white, and the way from there to XYZ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.colour_checker import MIDDLE_GREYS, reference_xyz
from calibration.colour_fit import Values, apply_fit, delta_e_d50, fit_colours, method_named
from isp.core.colour import D50_XYZ
from isp.core.errors import CalibrationError

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourModel:
    """Camera RGB before white balance to XYZ under D50.

    method: a name of `calibration.colour_fit.METHODS`.
    neutral: camera RGB (3,) of a perfect diffuser in the chart's light and exposure.
    coefficients: (3, k), of the terms of camera RGB over neutral.
    """

    method: str
    neutral: Values
    coefficients: Values

    def xyz(self, camera: Values) -> Values:
        """XYZ under D50 (n, 3), Y = 1 for a perfect diffuser."""
        return apply_fit(camera / self.neutral, self.coefficients)

    def delta_e(self, camera: Values) -> Values:
        """CIEDE2000 (24,) of a chart's patches to the reference."""
        return delta_e_d50(self.xyz(camera), reference_xyz())


def fit_chart(
    camera: Values, measured: Flags, method: str, start: ColourModel | None = None
) -> ColourModel:
    """Fit a model to the patches of a chart.

    camera: mean of each patch in linear camera RGB before balance, (24, 3). measured: which count.
    start: where a search begins.

    Raises CalibrationError when the patches do not settle it, UsageError for an unknown method.
    """
    neutral = chart_neutral(camera, measured)
    coefficients = fit_colours(
        camera[measured] / neutral,
        reference_xyz()[measured],
        method_named(method),
        None if start is None else start.coefficients,
    )
    return ColourModel(method=method, neutral=neutral, coefficients=coefficients)


def chart_neutral(camera: Values, measured: Flags) -> Values:
    """Camera RGB (3,) of a perfect diffuser in the chart's light.

    The middle greys say it; they are not quite neutral, nor white, and a 3x3 matrix from XYZ, by
    least squares over all measured patches, says by how much. A camera that is such a matrix
    has its white found exactly.

    Raises CalibrationError when no middle grey is measured, or a colour is without light.
    """
    greys = [index for index in MIDDLE_GREYS if measured[index]]
    if not greys or measured.sum() < 4:
        raise CalibrationError("the middle greys of the chart are not measured")
    reference = reference_xyz()
    to_camera = np.linalg.lstsq(reference[measured], camera[measured], rcond=None)[0]
    expected = reference[greys] @ to_camera
    level = (camera[greys] * expected).sum(axis=0) / (expected**2).sum(axis=0)
    neutral = np.asarray(level * (D50_XYZ @ to_camera))
    if not (neutral > 0).all():
        raise CalibrationError("the middle greys of the chart are without light")
    return neutral
