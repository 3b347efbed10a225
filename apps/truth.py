"""What a perfect camera would have developed: the scene on the scale of the sensor."""

import numpy as np
from numpy.typing import NDArray

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.measured import white_dn


def truth_in_linear(light: Frame, expected: Frame) -> NDArray[np.float64]:
    """The scene in linear BT.709 (h, w, 3), 1.0 = the light at which green reaches white level.

    light: the SCENE frame; expected: what `Sensor.expose` made of it, whose history says how
        many electrons a neutral 1.0 of the scene gives.

    Raises FrameError when the frame was not exposed by us.
    """
    steps = dict(expected.history)
    if "expose" not in steps:
        raise FrameError("the truth of a capture needs the frame that `expose` made")
    per_unit = steps["expose"]["electrons_per_unit"][0]
    profile = expected.need_profile()
    gain = float(profile.at_iso(expected.shot.need("iso")).system_gain_dn_per_e[0])
    white = float(white_dn(profile, expected.shot.iso)[0])
    range_dn = white - min(profile.black_level_dn)
    pixels = light.data[0].permute(1, 2, 0).double().numpy()
    matrix = rgb_to_rgb((light.colour or Colour()).primaries, PRIMARIES["bt709"])
    return np.asarray(pixels @ matrix.T * (per_unit * gain / range_dn))
