"""What a way to run a recipe will take at a size: time, memory, and how far that is a guess."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.bench.planning.cost import Cost, Line
from apps.bench.planning.covers import FULL, Cover
from apps.bench.planning.measured import Part
from isp.core.window import windows

SIDES = (512, 1024, 2048)
ASSEMBLED = 3 * 4 + 3  # bytes a pixel of the picture that tiles are put together to, with its masks
Costs = Mapping[Part, Cost]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Median and p99 in ms, most bytes held; None is not known.

    beyond: how many times outside the measured sizes. proportional: parts of one size alone.
    psnr_db: the worst loss measured of coarser numbers, infinite of full precision; None where it
        was not measured.
    """

    p50_ms: float
    p99_ms: float | None
    memory_bytes: float | None
    beyond: float
    proportional: int
    psnr_db: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """What every part has to do: megapixels of the frame, or of each of its tiles."""

    of_pieces: tuple[tuple[float, int], ...]  # megapixels, and how many pieces have them
    assembled_bytes: float

    @property
    def largest(self) -> float:
        """Megapixels of the largest piece."""
        return max(area for area, _ in self.of_pieces)

    def price(self, line: Line) -> float:
        """Cost of all pieces."""
        return sum(count * line.at(area) for area, count in self.of_pieces)


def whole(size: tuple[int, int]) -> Areas:
    """A frame in one piece."""
    return Areas(of_pieces=((size[0] * size[1] / 1e6, 1),), assembled_bytes=0.0)


def in_tiles(size: tuple[int, int], side: int, halo: int, step: int) -> Areas:
    """A frame in tiles as `isp.core.tiles` cuts them, margins cut off at the frame's border."""
    counts: dict[float, int] = {}
    for window in windows(size, side, halo, step):
        area = window.height * window.width / 1e6
        counts[area] = counts.get(area, 0) + 1
    return Areas(
        of_pieces=tuple(counts.items()), assembled_bytes=float(ASSEMBLED * size[0] * size[1])
    )


def predict(cover: Cover, costs: Costs, areas: Areas, tails: Sequence[float]) -> Prediction:
    """Sum of the parts' times, the most memory that one of them holds.

    tails: p99 over p50 of all that was measured, for parts that were not timed long enough.
    """
    found = [costs[part] for part in cover]
    p50_ms = sum(areas.price(cost.time_ms) for cost in found)
    own = [cost.tail for cost in found if cost.tail is not None]
    tail = max(own or tails, default=None)
    memory = [None if c.memory is None else c.memory.at(areas.largest) for c in found]
    known = [held for held in memory if held is not None]
    losses = [
        cost.psnr_db for part, cost in zip(cover, found, strict=True) if part.how.precision != FULL
    ]
    told = [loss for loss in losses if loss is not None]
    areas_used = [area for area, _ in areas.of_pieces]
    return Prediction(
        p50_ms=p50_ms, p99_ms=None if tail is None else p50_ms * tail,
        memory_bytes=max(known) + areas.assembled_bytes if len(known) == len(found) else None,
        beyond=max(cost.time_ms.beyond(area) for cost in found for area in areas_used),
        proportional=sum(cost.time_ms.is_proportional for cost in found),
        psnr_db=min(told, default=math.inf) if len(told) == len(losses) else None,
    )  # fmt: skip
