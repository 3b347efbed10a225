"""What a comparison says, in lines for people."""

import math

from apps.diff.comparison import Difference
from apps.diff.diffing import Comparison


def lines(comparison: Comparison) -> list[str]:
    """The comparison for a terminal: a line for each stop, then the summary."""
    told = []
    for stop in comparison.stops:
        mark = "!" if stop.departs else " "
        told.append(f"{mark} {stop.label:<32} {stop.domain:<7} {verdict(stop)}")
    return [*told, summary(comparison)]


def summary(comparison: Comparison) -> str:
    """One sentence: where they part, or that they do not."""
    if comparison.error is not None:
        return f"not compared: {comparison.error}"
    departure = comparison.departure
    over = f" over {comparison.raw}" if comparison.raw else ""
    sides = f"{comparison.first} and {comparison.second}{over}"
    if departure is None:
        return f"{sides}: alike within {comparison.tolerance:g} of the range at every common stage"
    return f"{sides}: the first stage that departs is {departure.label}, {verdict(departure)}"


def verdict(difference: Difference) -> str:
    """What there is to say about one stop, in a line."""
    if difference.trouble:
        return f"not comparable: {difference.trouble}"
    numbers = difference.everywhere
    if numbers is None:
        side = "first" if difference.second is None else "second"
        return f"only in the {side}"
    if difference.reason is not None and not math.isfinite(numbers.max_abs):
        return difference.reason
    if numbers.max_abs == 0:
        return "equal to the bit"
    colour = "" if numbers.delta_e_mean is None else f", mean ΔE00 {numbers.delta_e_mean:.3g}"
    return f"largest difference {numbers.max_abs:.4g}, mean {numbers.mean_abs:.4g}{colour}"
