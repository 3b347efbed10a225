"""What a part costs at any size: a line through what was measured."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy.optimize import nnls

from apps.bench.planning.measured import Point

FAR = 2.0  # beyond the measured sizes by more: said


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """fixed + per_megapixel * megapixels, and the range that it was fitted in."""

    fixed: float
    per_megapixel: float
    least: float
    most: float

    @property
    def is_proportional(self) -> bool:
        """Whether one size alone was measured."""
        return self.least == self.most

    def at(self, megapixels: float) -> float:
        """The cost of a frame."""
        return self.fixed + self.per_megapixel * megapixels

    def beyond(self, megapixels: float) -> float:
        """How many times larger, or smaller, than what was measured; 1 inside.

        >>> Line(fixed=0, per_megapixel=1, least=1, most=2).beyond(6)
        3.0
        """
        return max(1.0, megapixels / self.most, self.least / megapixels)


def line_through(points: Sequence[tuple[float, float]]) -> Line:
    """Fit (megapixels, cost) by least squares of the relative errors, neither number below 0.

    Points of one size count as one, their median; of a single size the cost is taken to be
    proportional to the area.

    >>> line = line_through([(1, 5), (3, 11)])
    >>> round(line.fixed, 6), round(line.per_megapixel, 6)
    (2.0, 3.0)
    """
    by_size: dict[float, list[float]] = defaultdict(list)
    for megapixels, cost in points:
        by_size[megapixels].append(cost)
    sizes = np.array(sorted(by_size))
    costs = np.array([median(by_size[size]) for size in sizes])
    if len(sizes) == 1:
        fixed, slope = 0.0, float(costs[0] / sizes[0])
    elif (costs <= 0).any():  # memory that nothing was seen of: no share of it can be wrong
        fixed, slope = float(costs.max()), 0.0
    else:
        design = np.stack([1 / costs, sizes / costs], axis=1)
        fixed, slope = (float(v) for v in nnls(design, np.ones(len(sizes)))[0])
    return Line(fixed=fixed, per_megapixel=slope, least=float(sizes[0]), most=float(sizes[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Lines of a part. tail: p99 over p50, the largest seen. psnr_db: the worst loss seen."""

    time_ms: Line
    memory: Line | None
    tail: float | None
    psnr_db: float | None


def cost_of(points: Sequence[Point]) -> Cost:
    """The cost of a part from its points; memory only where every one tells it."""
    peaks = [(p.megapixels, p.peak_bytes) for p in points if p.peak_bytes is not None]
    tails = [p.p99_ms / p.p50_ms for p in points if p.p99_ms is not None]
    losses = [p.psnr_db for p in points if p.psnr_db is not None]
    return Cost(
        time_ms=line_through([(p.megapixels, p.p50_ms) for p in points]),
        memory=line_through(peaks) if len(peaks) == len(points) else None,
        tail=max(tails, default=None), psnr_db=min(losses, default=None),
    )  # fmt: skip
