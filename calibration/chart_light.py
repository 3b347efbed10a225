"""How evenly a chart was lit, and how much stray light lies over it, by its grey row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.colour_checker import GREYS, NAMES, Values, reference_xyz
from isp.core.errors import CalibrationError

# Beyond these a matrix would be fitted to the light, not to the camera.
GRADIENT_LIMIT = 0.10  # of the light, from the first grey to the last
VEIL_LIMIT = 0.02  # of the light of a perfect diffuser
LEAST_GREYS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLight:
    """What the grey row says of the light.

    gradient: change of the light from white 9.5 to black 2, as a share of its mean; across only,
        for the greys are one row. veil: light, or a wrong black level, added to every patch, as a
        share of a perfect diffuser.
    """

    gradient: float
    veil: float

    def record(self) -> dict[str, float]:
        """As JSON holds it."""
        return {"gradient": self.gradient, "veil": self.veil}


def chart_light(camera: Values, measured: NDArray[np.bool_]) -> ChartLight:
    """Measure the light over the grey row by least squares.

    camera: mean of each patch in linear camera RGB, (24, 3), of which green is looked at.
    measured: (24,), which count.

    The model is green = (g + h x) Y + o, with x from -1/2 at the white to 1/2 at the black patch
    and Y the reference's luminance; relative errors are made small, for the paints' tolerance is
    relative: gradient = h / g, veil = o / g.

    Raises CalibrationError when fewer than four greys are measured, or they are without light.
    """
    chosen = [index for index in GREYS if measured[index]]
    if len(chosen) < LEAST_GREYS:
        lost = ", ".join(NAMES[index] for index in GREYS if not measured[index])
        raise CalibrationError(
            f"only {len(chosen)} greys of the chart are measured ({lost} are not), and "
            f"{LEAST_GREYS} are needed; shoot the chart again, darker"
        )
    green = np.asarray(camera, np.float64)[chosen, 1]
    if not (green > 0).all():
        raise CalibrationError("a grey of the chart is without light; shoot it again, brighter")
    x = (np.array(chosen) - GREYS.start) / (len(GREYS) - 1) - 0.5
    luminance = reference_xyz()[chosen, 1]
    system = np.stack([luminance, x * luminance, np.ones(len(chosen))], axis=1)
    level, slope, offset = np.linalg.lstsq(
        system / green[:, None], np.ones(len(chosen)), rcond=None
    )[0]
    return ChartLight(gradient=float(slope / level), veil=float(offset / level))


def refuse_light(light: ChartLight) -> None:
    """Check the light over a chart.

    Raises CalibrationError where it is uneven, or veiled, with what to shoot again.
    """
    if abs(light.gradient) > GRADIENT_LIMIT:
        side = "black" if light.gradient > 0 else "white"
        raise CalibrationError(
            f"the light over the greys changes by {100 * abs(light.gradient):.0f} % towards the "
            f"{side} end, and {100 * GRADIENT_LIMIT:.0f} % are allowed; shoot the chart again in "
            "even light, away from shadows and smaller in the middle of the picture"
        )
    if abs(light.veil) > VEIL_LIMIT:
        what = "stray light lies" if light.veil > 0 else "a black level too high lies"
        raise CalibrationError(
            f"{what} over the greys, {100 * light.veil:+.1f} % of white, and "
            f"{100 * VEIL_LIMIT:.0f} % are allowed; shade the lens and shoot the chart again, or "
            "pass the camera's black level by --camera"
        )
