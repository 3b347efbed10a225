"""Noise-free brackets of known cameras."""

import numpy as np

from calibration.response.bracket_codes import CODES, LAST, BracketCodes, Values

POWER = np.arange(CODES) / LAST


def power_curve(gamma: float = 2.0) -> Values:
    """Exposure of each code of a power camera."""
    return np.asarray(POWER**gamma)


def bracket_of(
    curve: Values, steps: tuple[float, ...] = (-2.0, -1.0, 0.0, 1.0, 2.0), pixels: int = 4000,
    given: tuple[float, ...] | None = None,
) -> BracketCodes:  # fmt: skip
    """Codes of light evenly spread in stops; steps in EV are true, `given` are said."""
    light = 2.0 ** np.linspace(-9, 1.5, pixels)[:, None] * 2.0 ** np.array(steps)
    codes = np.rint(np.interp(np.minimum(light, 1), curve, np.arange(CODES)))
    said = np.array(steps if given is None else given) * np.log(2)
    return BracketCodes(codes.astype(np.int64), said)
