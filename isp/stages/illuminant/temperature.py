"""White balance by colour temperature: `5200K`, or `5200K,+0.003` with a Duv."""

import re

import numpy as np

from isp.core.camera_matrices import xyz_to_camera_at
from isp.core.colour import XY, xy_to_xyz
from isp.core.errors import ProfileError
from isp.core.sensor import SensorProfile
from isp.core.temperature import cct_to_xy

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
SYNTAX = re.compile(rf"({NUMBER})K(?:,({NUMBER}))?", re.IGNORECASE)


def parse_temperature(text: str) -> XY | None:
    """Chromaticity that a temperature with or without Duv names; None for any other text.

    Raises UsageError for a temperature or Duv out of range.

    >>> parse_temperature("grey_world") is None
    True
    """
    match = SYNTAX.fullmatch(text.strip())
    if match is None:
        return None
    return cct_to_xy(float(match[1]), float(match[2] or 0))


def gains_at(profile: SensorProfile, white: XY) -> tuple[float, float, float]:
    """Gains R, G, B with green = 1 that make a white of this chromaticity neutral.

    The camera's answer to it comes from the profile's matrices, interpolated at its temperature.

    Raises ProfileError without a colour matrix, or for a white that the matrices take to a
    colour without light.

    Source: DNG 1.7.1 chapter 6, camera neutral from white.
    """
    to_camera = xyz_to_camera_at(profile.xyz_to_camera, white, profile.calibrations)
    neutral = to_camera @ xy_to_xyz(white)
    if len(neutral) != 3 or not (np.isfinite(neutral).all() and neutral.min() > 0):
        x, y = white
        raise ProfileError(
            f'the matrices of "{profile.name}" give no camera colour for the white {x:.4f}, {y:.4f}'
        )
    red, green, blue = (float(v) for v in neutral)
    return green / red, 1.0, green / blue
