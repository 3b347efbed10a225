"""A DNG's NoiseProfile out of measured sites."""

from dataclasses import dataclass, field

import pytest

from calibration.noise_profile import noise_profile
from calibration.uncertainty import Figure
from isp.core.cfa import Cfa


@dataclass
class Measured:
    """What a site gave."""

    gain: float
    black: float
    dark: float
    figures: dict[str, Figure] = field(init=False)

    def __post_init__(self) -> None:
        self.figures = {
            "system_gain_dn_per_e": Figure(value=self.gain),
            "black_level_dn": Figure(value=self.black),
            "dark_deviation_dn": Figure(value=self.dark),
        }


def test_the_worked_example_of_a_monochrome_sensor() -> None:
    """CONVENTIONS section 1.1: W - B = 959, K = 0.8, dark variance 4.083: S, O as printed there."""
    sites = {(0, 0): Measured(gain=0.8, black=64.0, dark=(4.0 + 1 / 12) ** 0.5)}

    (found,) = noise_profile(sites, Cfa.MONO, 1023.0).values()  # type: ignore[arg-type]

    assert found == pytest.approx((8.342e-4, 4.440e-6), rel=1e-3)


def test_sites_of_one_colour_are_averaged_and_colours_kept_apart() -> None:
    sites = {
        (0, 0): Measured(1.0, 0.0, 2.0), (0, 1): Measured(2.0, 0.0, 2.0),
        (1, 0): Measured(4.0, 0.0, 4.0), (1, 1): Measured(3.0, 50.0, 1.0),
    }  # fmt: skip

    found = noise_profile(sites, Cfa.RGGB, 100.0)  # type: ignore[arg-type]

    assert found["R"] == pytest.approx((0.01, 4e-4))
    assert found["G"] == pytest.approx((0.03, (4e-4 + 16e-4) / 2))
    assert found["B"] == pytest.approx((0.06, 4e-4))
