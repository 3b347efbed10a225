"""Colours have their own gain and dark noise in a profile only where they surely differ."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from calibration.channel_noise import channel_noise
from isp.core.cfa import Cfa

GROUPS = 32


@dataclass
class Measured:
    """What a site gave: replicates of a standard error of so much, relative."""

    gain: float
    dark: float
    error: float
    seed: int
    replicates: dict[str, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        draw = np.random.Generator(np.random.Philox(self.seed))
        self.replicates = {
            name: value * np.append(1.0, 1 + self._wobble(draw))
            for name, value in (
                ("system_gain_dn_per_e", self.gain),
                ("dark_deviation_dn", self.dark),
            )
        }

    def _wobble(self, draw: np.random.Generator) -> np.ndarray:
        """Replicates whose jackknife has the error: (g - 1) / g sum of squares = error^2."""
        away = draw.normal(size=GROUPS)
        away -= away.mean()
        return away * self.error / ((GROUPS - 1) / GROUPS * (away**2).sum()) ** 0.5


def sites(gains: tuple[float, float, float], error: float = 0.001) -> dict:
    """A Bayer period with gains of R, G and B, dark deviation 3 DN, errors of a thousandth."""
    r, g, b = gains
    return {
        place: Measured(gain, 3.0, error, seed)
        for seed, (place, gain) in enumerate([((0, 0), r), ((0, 1), g), ((1, 0), g), ((1, 1), b)])
    }


def test_colours_that_differ_have_their_own() -> None:
    found = channel_noise(sites((0.50, 0.49, 0.52)), Cfa.RGGB)

    assert [name for name, _, _ in found] == ["R", "G", "B"]
    assert [gain for _, gain, _ in found] == pytest.approx([0.50, 0.49, 0.52])
    assert [dark for _, _, dark in found] == pytest.approx([3.0, 3.0, 3.0])


def test_colours_within_their_errors_have_one() -> None:
    """Errors of 0.1 % each: a difference of 0.2 % is 1.4 standard errors, of 2 % fourteen."""
    assert channel_noise(sites((0.500, 0.500, 0.501)), Cfa.RGGB) == ()
    assert channel_noise(sites((0.500, 0.500, 0.510)), Cfa.RGGB) != ()
    assert channel_noise(sites((0.500, 0.500, 0.510), error=0.01), Cfa.RGGB) == ()


def test_a_monochrome_sensor_has_no_colours() -> None:
    assert channel_noise({(0, 0): Measured(0.5, 3.0, 0.001, 0)}, Cfa.MONO) == ()
