"""The dark of a series over the darks' own exposure times, each dark counted once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.uncertainty import Figure, Replicates, jackknife, not_measured

LEAST_TIMES = 6  # EMVA 1288, for dark current
LINE_TIMES = 3  # from which on a line to exposure time 0 has something left to be checked by


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DarkTimes:
    """Darks of one site: exposure time, (n,); mean in DN and variance in DN^2, (n, 1 + groups).

    A dark that serves several flats is one row: it says nothing about their exposure times.
    """

    times_s: NDArray[np.float64]
    mean_dn: Replicates
    variance_dn2: Replicates

    @property
    def remark(self) -> str:
        """What level and noise of the dark are of, where they are not of exposure time 0."""
        times = np.unique(self.times_s)
        if len(times) >= LINE_TIMES:
            return ""
        listed = " and ".join(f"{time:g}" for time in times)
        return (
            f"at the darks' exposure time of {listed} s, with the dark current until then "
            f"(darks of {LEAST_TIMES} times or more tell it apart)"
        )

    def level_dn(self) -> Replicates:
        """Mean at exposure time 0; at the darks' time where they have fewer than three."""
        return self._at_no_time(self.mean_dn)

    def noise_dn2(self) -> Replicates:
        """Variance at exposure time 0; at the darks' time where they have fewer than three."""
        return self._at_no_time(self.variance_dn2)

    def current_e_per_s(self, gain: Replicates) -> Replicates | Figure:
        """Dark current, or why there is none. gain: DN/e-."""
        if len(np.unique(self.times_s)) < LEAST_TIMES:
            return not_measured(
                f"dark current needs darks of {LEAST_TIMES} exposure times or more, each that of a "
                "flat"
            )
        current: Replicates = _line(self.times_s, self.mean_dn)[1] / gain
        figure = jackknife(current)
        if figure.high is not None and figure.high < 0:
            return not_measured(
                f"the dark level falls with the exposure time ({figure.value:.4g} e-/s): the "
                "camera corrects its black level, or the times are not in the unit that the file "
                "says"
            )
        return current

    def _at_no_time(self, values: Replicates) -> Replicates:
        if len(np.unique(self.times_s)) < LINE_TIMES:
            mean: Replicates = values.mean(0)
            return mean
        return _line(self.times_s, values)[0]


def first_of_each(darks: Sequence[object]) -> list[int]:
    """Indices of the darks, each object once."""
    found: dict[int, int] = {}
    for index, dark in enumerate(darks):
        found.setdefault(id(dark), index)
    return list(found.values())


def _line(times: NDArray[np.float64], values: Replicates) -> tuple[Replicates, Replicates]:
    away = times - times.mean()
    slope = (away[:, None] * values).sum(0) / (away**2).sum()
    return values.mean(0) - slope * times.mean(), slope
