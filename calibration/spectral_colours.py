"""A camera's colours by its spectral sensitivities: what paints give it, and give the observer."""

from dataclasses import dataclass

import numpy as np

from calibration.colour_fit import Values
from isp.core.colour import D50_XYZ, adaptation_xyz
from isp.core.errors import CalibrationError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpectralColours:
    """Paints in one light.

    neutral: camera RGB (3,) of a perfect diffuser, up to exposure. camera: (n, 3) over neutral.
    xyz: (n, 3) under D50, adapted from the light by linear Bradford, Y = 1 for the diffuser.
    """

    neutral: Values
    camera: Values
    xyz: Values


def spectral_colours(
    sensitivity: Values, light: Values, reflectances: Values, observer: Values
) -> SpectralColours:
    """Sum spectra into camera RGB and XYZ.

    All on one even grid of m wavelengths: sensitivity (3, m), signal per energy of R, G, B;
    light (m,), relative power; reflectances (n, m); observer (3, m), colour-matching functions.

    Raises CalibrationError where the grids differ, or a channel sees nothing of the light.

    Source: AMPAS P-2013-001, "Recommended Procedures for the Creation and Use of Digital Camera
    System Input Device Transforms (IDTs)"; here XYZ goes to D50, as DNG has it, not to ACES.
    """
    grids = {each.shape[-1] for each in (sensitivity, light, reflectances, observer)}
    if len(grids) != 1:
        raise CalibrationError(f"spectra on one grid are needed, but they have {sorted(grids)}")
    neutral, white = sensitivity @ light, observer @ light
    if not ((neutral > 0).all() and (white > 0).all()):
        raise CalibrationError("a channel of the camera, or of the eye, sees nothing of the light")
    lit = reflectances * light
    to_d50 = adaptation_xyz(white / white[1], D50_XYZ)
    return SpectralColours(
        neutral=neutral,
        camera=lit @ sensitivity.T / neutral,
        xyz=np.asarray(lit @ observer.T / white[1] @ to_d50.T),
    )
