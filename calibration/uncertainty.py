"""Figures with their 95 % intervals: a jackknife over groups of rows."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import CalibrationError

Replicates = NDArray[np.float64]  # (..., 1 + groups): of all rows, then without each group
CONFIDENCE = 0.95
NORMAL_95 = 1.959964  # deviations of a normal law on either side that hold so much


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured number and the interval that holds the true one in 95 of 100 captures.

    value: None where the captures do not give it; `reason` then says why.
    low, high: None where no interval is known.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def record(self) -> dict[str, Any]:
        """As JSON holds it: value, low, high, and the reason where there is one."""
        record: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high}
        return record | ({"reason": self.reason} if self.reason else {})

    @property
    def half_width(self) -> float | None:
        """Half of the interval, None where none is known."""
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / 2


def not_measured(reason: str) -> Figure:
    """Return the figure of a quantity that the captures do not give."""
    return Figure(value=None, reason=reason)


def in_electrons(figure_dn: Figure, gain_dn_per_e: Figure) -> Figure:
    """Return a figure in DN by the gain, both intervals counted as independent.

    Raises CalibrationError for a gain that was not measured.
    """
    gain = gain_dn_per_e.value
    if not gain:
        raise CalibrationError("electrons need a gain, and none was measured")
    relative = (gain_dn_per_e.half_width or 0.0) / gain
    value = None if figure_dn.value is None else figure_dn.value / gain
    middle = value if value is not None else 0.0

    def end(limit_dn: float | None) -> float | None:
        if limit_dn is None:
            return None
        away = limit_dn / gain - middle
        wider = math.hypot(away, relative * middle)
        return middle + wider if away >= 0 else max(middle - wider, 0.0)

    return Figure(
        value=value, low=end(figure_dn.low), high=end(figure_dn.high), reason=figure_dn.reason
    )


def jackknife(replicates: Replicates, *, floor: float | None = None) -> Figure:
    """Return the figure of one statistic by its values without each group.

    replicates: (1 + groups,), all rows first. Groups must be alike and independent: every
        so-many-th row, not bands, or a vignette would count as noise.
    floor: the least value that the quantity can have, for the interval.

    Raises CalibrationError for fewer than two groups, or values that are not numbers.

    Source: B. Efron and C. Stein, "The jackknife estimate of variance", Annals of Statistics
    9(3), 1981, eq. 1.4, with Student's t of groups - 1 degrees of freedom.
    """
    from scipy.stats import t

    value, without = float(replicates[0]), replicates[1:]
    groups = len(without)
    if groups < 2:
        raise CalibrationError(f"an interval needs two groups of rows or more, got {groups}")
    if not np.isfinite(replicates).all():
        raise CalibrationError("a figure came out as no number: the captures do not hold it")
    variance = (groups - 1) / groups * float(((without - without.mean()) ** 2).sum())
    half = float(t.ppf(0.5 + CONFIDENCE / 2, groups - 1)) * variance**0.5
    low = value - half if floor is None else max(value - half, floor)
    return Figure(value=value, low=low, high=value + half)
