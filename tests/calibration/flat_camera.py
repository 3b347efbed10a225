"""A camera of the linear model, drawn with numpy alone, to hold calibration against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.moments import Moments, gather


@dataclass(frozen=True, kw_only=True)
class FlatCamera:
    """An even field on a sensor: K electrons to DN, black, read noise, a well, a converter."""

    gain: float = 0.25
    black: float = 60.0
    read_noise_e: float = 6.0
    dark_current_e_per_s: float = 0.0
    well_e: float = 14_000.0
    bits: int = 12
    size: tuple[int, int] = (128, 128)
    efficiency: float = 0.5
    seed: int = 3

    def frames(
        self, photons: float, time_s: float, count: int = 2, *, light: tuple[float, ...] = ()
    ) -> list[NDArray[np.float64]]:
        """Take frames alike; light: of each frame, relative."""
        key = [self.seed, int(photons * 16), int(time_s * 1e9)]
        draw = np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
        taken = []
        for index in range(count):
            mean = self.efficiency * photons * (light[index] if light else 1.0)
            electrons = np.minimum(
                draw.poisson(mean + self.dark_current_e_per_s * time_s, self.size), self.well_e
            ) + draw.normal(0, self.read_noise_e, self.size)
            level = np.rint(self.gain * electrons + self.black)
            taken.append(np.clip(level, 0, 2**self.bits - 1))
        return taken

    def moments(self, photons: float, time_s: float, count: int = 2) -> Moments:
        """Sums of such frames."""
        return gather(self.frames(photons, time_s, count), limit_dn=2**self.bits - 1)
