"""How far predictions are from times that nothing was fitted to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from apps.bench.latency.pipelines import EAGER, FUSED
from apps.bench.planning.cost import Cost, cost_of
from apps.bench.planning.covers import Cover, covers, named
from apps.bench.planning.measured import How, Part, Point, read_targets
from apps.bench.planning.prediction import Areas, Prediction, predict
from isp.core.errors import MissingError

WITHIN = 0.20  # what was asked for
FITTED, HELD_OUT = "fit-*.json", "held-*.json"
TELLING = ("exposure_diffusion", "gbtf_root", "malvar2004")  # what the recipes differ by


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One configuration that was held out.

    cover: the timed runs that the prediction is made of; one where the same run was fitted at
        other sizes. spread: largest over smallest median of its own repetitions, None
        of a single one.
    """

    part: Part
    cover: Cover
    megapixels: float
    predicted: Prediction
    measured_ms: float
    spread: float | None
    measured_bytes: float | None

    @property
    def error(self) -> float:
        """Of the time, as a share of what was measured."""
        return self.predicted.p50_ms / self.measured_ms - 1

    @property
    def memory_error(self) -> float | None:
        """Of the memory, as a share of what was measured."""
        guess = self.predicted.memory_bytes
        return None if guess is None or not self.measured_bytes else guess / self.measured_bytes - 1

    @property
    def what(self) -> str:
        """The stages that tell the recipes apart."""
        telling = [named(step) for step in self.part.steps if step[0] in TELLING]
        return ", ".join(telling) or f"{len(self.part.steps)} stages"


def held_out(folder: Path) -> list[Held]:
    """Predict every configuration held out from the results that are not.

    folder: of `fit-*.json`, which lines are fitted to, and of `held-*.json`, which they are not.

    Raises FileError for results that cannot be read, MissingError where there are none of one kind
    and for a configuration whose stages were not timed.
    """
    found = {name: sorted(folder.glob(name)) for name in (FITTED, HELD_OUT)}
    for name, paths in found.items():
        if not paths:
            raise MissingError(f"{folder.as_posix()} has no {name}; make one with fullwell bench")
    fitted, kept = (read_targets(paths).points for paths in found.values())
    costs = {part: cost_of(points) for part, points in fitted.items()}
    return sorted(
        (held for part, points in kept.items() for held in _held(part, points, costs)),
        key=lambda held: (held.what, str(held.part.how), held.megapixels),
    )


def _held(part: Part, points: list[Point], costs: Mapping[Part, Cost]) -> Iterator[Held]:
    by_size: dict[float, list[Point]] = defaultdict(list)
    for point in points:
        by_size[point.megapixels].append(point)
    for megapixels, same in by_size.items():
        areas = Areas(of_pieces=((megapixels, 1),), assembled_bytes=0.0)
        cover = _cover(part, costs, areas)
        times = [point.p50_ms for point in same]
        peaks = [point.peak_bytes for point in same if point.peak_bytes is not None]
        yield Held(
            part=part, cover=cover, megapixels=megapixels,
            predicted=predict(cover, costs, areas, []), measured_ms=median(times),
            spread=max(times) / min(times) if len(times) > 1 else None,
            measured_bytes=median(peaks) if peaks else None,
        )  # fmt: skip


def _cover(part: Part, costs: Mapping[Part, Cost], areas: Areas) -> Cover:
    """As the planner puts it together: of its own kind, or what no pass knows of eager stages."""
    kinds = {part.how}
    if part.how.variant == FUSED:
        kinds.add(How(EAGER, part.how.provider, part.how.precision))
    usable = [known for known in costs if known.how in kinds]
    ways = covers(part.steps, usable, lambda known: areas.price(costs[known].time_ms))
    # Eager stages alone say nothing of a fused whole.
    own = [way for way in ways if part.how in {known.how for known in way}]
    if not own:
        raise MissingError(f"no stage times to predict {part.how} of {len(part.steps)} stages by")
    return own[0]
