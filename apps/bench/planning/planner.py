"""Which forms of a recipe keep a budget on a target, best quality first."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.bench.planning.alternatives import Alternative
from apps.bench.planning.cost import FAR, Cost, cost_of
from apps.bench.planning.covers import Cover, covers, missing
from apps.bench.planning.measured import Measured, Part
from apps.bench.planning.prediction import SIDES, Areas, Prediction, in_tiles, predict, whole
from isp.core.errors import MissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a frame may take; memory None asks for nothing."""

    budget_ms: float
    memory_bytes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Combination:
    """One way to run one form of the recipe. tile: its side, None for whole frames."""

    alternative: Alternative
    cover: Cover
    tile: int | None
    predicted: Prediction
    over: float  # the larger share of its limits that it takes; 1 is all of it

    @property
    def fits(self) -> bool:
        """Whether it is shown to keep its limits."""
        return self.over <= 1

    @property
    def quality(self) -> tuple[tuple[int, ...], float, float]:
        """Lower is better: our published order, the measured loss, then time.

        A loss that is not known is taken as the worst.
        """
        loss = self.predicted.psnr_db
        known = -math.inf if loss is None else loss
        return self.alternative.rank, -known, self.predicted.p50_ms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What fits, best first; the nearest miss where nothing does; what was left out, and why."""

    fitting: list[Combination]
    nearest: Combination | None
    notes: list[str]


def plan(
    forms: Sequence[Alternative],
    measured: Measured,
    size: tuple[int, int],
    limits: Limits,
    tiles: Sequence[int] = SIDES,
) -> Found:
    """Predict every form of the recipe in every way it can be run, and hold it to the limits.

    Of each way whole frames are taken if they fit, else the fastest tiles that do.

    Raises MissingError where no form of the recipe can be put together from what was measured.
    """
    costs = {p: cost_of(points) for p, points in (measured.points | measured.nameless).items()}
    known = [*forms, *_as_measured(forms, measured)]
    tails = [cost.tail for cost in costs.values() if cost.tail is not None]
    made: list[Combination] = []
    without: list[str] = []
    for form in known:
        ways = list(_ways(form, costs, tails, size, limits, tiles))
        made += ways
        if not ways:
            without += missing(form.steps, costs)
    if not made:
        raise MissingError(
            "the targets have no times of any form of the recipe; not timed: "
            f"{', '.join(dict.fromkeys(without)) or 'runs that fit together'}"
        )
    fitting = sorted((c for c in made if c.fits), key=lambda c: c.quality)
    chosen = sorted(_one_each(fitting), key=lambda c: c.quality)
    nearest = None if chosen else min(made, key=lambda c: (c.over, c.quality))
    told = chosen or [c for c in [nearest] if c is not None]
    return Found(
        fitting=chosen, nearest=nearest, notes=[*_assumptions(told, costs, limits), *_left(without)]
    )


def _ways(
    form: Alternative,
    costs: dict[Part, Cost],
    tails: Sequence[float],
    size: tuple[int, int],
    limits: Limits,
    tiles: Sequence[int],
) -> Iterator[Combination]:
    pieces: list[tuple[int | None, Areas]] = [(None, whole(size))]
    if form.halo is not None:
        pieces += [
            (side, in_tiles(size, side, form.halo, form.step))
            for side in tiles
            if side < max(size)
        ]  # fmt: skip
    for side, areas in pieces:
        for cover in covers(form.steps, costs, lambda p, a=areas: a.price(costs[p].time_ms)):  # type: ignore[misc]
            predicted = predict(cover, costs, areas, tails)
            yield Combination(
                alternative=form, cover=cover, tile=side, predicted=predicted,
                over=_over(predicted, limits),
            )  # fmt: skip


def _over(predicted: Prediction, limits: Limits) -> float:
    """The share of its limits; what is not known keeps no limit."""
    slowest = predicted.p50_ms if predicted.p99_ms is None else predicted.p99_ms
    shares = [slowest / limits.budget_ms]
    if limits.memory_bytes is not None:
        held = predicted.memory_bytes
        shares.append(math.inf if held is None else held / limits.memory_bytes)
    return max(shares)


def _one_each(fitting: Sequence[Combination]) -> Iterator[Combination]:
    """Of each form and cover the whole frame where it fits, else its fastest tiles."""
    groups: dict[tuple[int, Cover], list[Combination]] = {}
    for combination in fitting:
        groups.setdefault((id(combination.alternative), combination.cover), []).append(combination)
    for group in groups.values():
        yield next((c for c in group if c.tile is None), group[0])


def _as_measured(forms: Sequence[Alternative], measured: Measured) -> list[Alternative]:
    """Wholes that do not say their stages: below all that our order knows, and never in tiles."""
    last = (max(form.rank[0] for form in forms) + 1, 0, 0)
    steps = dict.fromkeys(part.steps for part in measured.nameless)
    return [
        Alternative(rank=last, changes=("stages not told",), steps=own, halo=None, step=1)
        for own in steps
    ]


def _assumptions(
    told: Sequence[Combination], costs: dict[Part, Cost], limits: Limits
) -> Iterator[str]:
    if any(c.predicted.p99_ms is None for c in told):
        yield (
            "no target was timed long enough for a p99 (662 frames): the budget is held to the "
            "predicted median"
        )
    else:
        yield "p99 is p50 times the ratio that the targets measured: an assumption"
    if any(c.predicted.p99_ms is not None and all(costs[p].tail is None for p in c.cover)
           for c in told):  # fmt: skip
        yield "where a row's own p99 was not measured, the largest ratio of all rows stands for it"
    if any(c.predicted.psnr_db is None for c in told):
        yield "of some coarser numbers no loss was measured: they stand last among their kind"
    if any(len(c.cover) > 1 for c in told):
        yield (
            "runs made of several timed parts take the sum of their times, and memory of the "
            "largest: the whole will hold more"
        )
    if any(c.tile is not None for c in told):
        yield "tiles: each costs what a frame of its size does; the picture they make is held too"
    if any(c.predicted.proportional for c in told):
        yield "some parts were timed at one size alone: their cost is taken as proportional to area"
    far = max((c.predicted.beyond for c in told), default=1.0)
    if far > FAR:
        yield f"extrapolated: up to {far:.1f} times beyond the sizes that were measured"
    if limits.memory_bytes is not None and any(c.predicted.memory_bytes is None for c in told):
        yield "memory is not known of some rows, so that they are not shown to fit"


def _left(without: Sequence[str]) -> Iterator[str]:
    if without:
        yield f"left out, for no time of them is known: {', '.join(dict.fromkeys(without))}"
