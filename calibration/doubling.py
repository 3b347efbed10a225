"""The temperature step that doubles the dark current, out of darks at three temperatures."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.captures import Stack
from calibration.moments import Moments, mean_and_variance
from calibration.uncertainty import NORMAL_95, Figure, in_electrons, jackknife, not_measured

LEAST_TEMPERATURES = 3
GROUPS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DarkWarming:
    """Dark current at each temperature, e-/s, and the step that doubles it, K."""

    temperatures_c: tuple[float, ...]
    currents_e_per_s: tuple[Figure, ...]
    doubling_temperature_k: Figure


def dark_warming(
    darks: Sequence[Stack], gain_dn_per_e: Figure, moments: Callable[[Stack], Moments]
) -> DarkWarming:
    """Measure the dark current at each temperature that the captures' names say.

    darks: of one ISO, two exposure times or more at each temperature. moments: gathers a stack.

    Source: EMVA 1288 release 4.0 linear, section 7.2 (dark current doubles every so many K).
    """
    by_temperature: dict[float, list[Stack]] = {}
    for dark in darks:
        if dark.temperature_c is not None and dark.count >= 2:
            by_temperature.setdefault(dark.temperature_c, []).append(dark)
    found = {}
    for temperature, stacks in sorted(by_temperature.items()):
        if len({stack.exposure_time_s for stack in stacks}) >= 2:
            found[temperature] = in_electrons(_current_dn(stacks, moments), gain_dn_per_e)
    return DarkWarming(
        temperatures_c=tuple(found),
        currents_e_per_s=tuple(found.values()),
        doubling_temperature_k=doubling_temperature(list(found), list(found.values())),
    )


def doubling_temperature(
    temperatures_c: Sequence[float], currents_e_per_s: Sequence[Figure]
) -> Figure:
    """Fit ln I = a + T ln 2 / T_d by least squares, weighted by the currents' intervals.

    The interval counts the scatter about the line where it is more than the currents' own.

    >>> steady = [Figure(value=v, low=0.99 * v, high=1.01 * v) for v in (1.0, 2.0, 4.0)]
    >>> round(doubling_temperature([20, 27, 34], steady).value, 6)
    7.0
    """
    pairs = [
        (t, math.log(c.value), (c.half_width or 0.0) / NORMAL_95 / c.value)
        for t, c in zip(temperatures_c, currents_e_per_s, strict=True)
        if c.value is not None and c.value > 0 and (c.low is None or c.low > 0)
    ]
    if len(pairs) < LEAST_TEMPERATURES:
        return not_measured(
            f"the doubling temperature needs darks of two exposure times at {LEAST_TEMPERATURES} "
            f"temperatures or more, each with a dark current that is seen; {len(pairs)} have one"
        )
    from scipy.stats import t as student

    x, y, errors = (np.array(column) for column in zip(*pairs, strict=True))
    weights = 1 / np.maximum(errors, 1e-6) ** 2
    middle = (weights * x).sum() / weights.sum()
    spread = (weights * (x - middle) ** 2).sum()
    slope = float((weights * (x - middle) * y).sum() / spread)
    if slope <= 0:
        return not_measured("the dark current does not rise with the temperature")
    left = y - (weights * y).sum() / weights.sum() - slope * (x - middle)
    free = len(x) - 2
    scatter = float((weights * left**2).sum()) / free
    wider = float(student.ppf(0.975, free)) * scatter**0.5 if scatter > 1 else NORMAL_95
    half = max(wider, NORMAL_95) / float(spread) ** 0.5
    low, high = slope - half, slope + half
    return Figure(
        value=math.log(2) / slope,
        low=math.log(2) / high,
        high=math.log(2) / low if low > 0 else None,
        reason="" if low > 0 else "its upper end is open: take darks further apart in temperature",
    )


def _current_dn(stacks: Sequence[Stack], moments: Callable[[Stack], Moments]) -> Figure:
    """Slope of the dark level over the exposure time, DN/s."""
    ordered = sorted(stacks, key=lambda stack: stack.exposure_time_s)
    times = np.array([stack.exposure_time_s for stack in ordered])
    levels = np.stack([_mean(moments(stack).without_image()) for stack in ordered])
    away = times - times.mean()
    return jackknife((away[:, None] * levels).sum(0) / (away**2).sum())


def _mean(moments: Moments) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sites = [(r, c) for r in range(moments.period[0]) for c in range(moments.period[1])]
    mean = np.mean([mean_and_variance(moments, site, GROUPS)[0] for site in sites], axis=0)
    return np.asarray(mean)
