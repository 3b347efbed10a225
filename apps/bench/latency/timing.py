"""One variant of one stage at one size: checked, warmed up, timed in turns, checked again."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.bench.latency import peak_memory
from apps.bench.latency.quality import Pixels, max_dn, quality
from apps.bench.latency.results import CADENCE, CLOSED, WHOLE
from apps.deploy.runtime import cadence, closed, planned_frames, run_record, warm_up
from isp.core.domain import Domain
from isp.core.errors import CheckError

FULL = "fp32"
TURNS = 8  # parts of a run, each after those of the runs beside it
CHECKED = 3  # inputs that a variant is checked on, before and after
LIMIT_DN = 1.0  # of fp32: a code of what is written
LIMIT_RMS = 0.01  # of coarser numbers, as a share of full scale: 40 dB


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is timed.

    work: does a frame by its number, taking inputs in turn, and hands back what came out.
    picture: of what `work` handed back, (1, c, h, w) in `domain`. reference: the picture of that
        number by torch eager, or the graph as it stands; None where this is the reference.
    steps: the stages in it with their settings, as `fullwell plan` reads them; None of a graph.
    bytes_moved: inputs, weights and outputs once. session_ms: what making it took.
    """

    stage: str
    variant: str
    provider: str
    precision: str
    size: tuple[int, int]
    threads: int
    work: Callable[[int], Any]
    picture: Callable[[Any], Pixels]
    domain: Domain | None
    reference: Callable[[int], Pixels] | None
    bytes_moved: int
    session_ms: float
    nodes_by_provider: Mapping[str, int] | None = None
    copies: Callable[[], Mapping[str, float]] | None = None
    model_sha256: str | None = None
    device_peak: Callable[[], int] | None = None
    steps: Sequence[Mapping[str, Any]] | None = None

    @property
    def label(self) -> str:
        """Stage, variant and size, for a person."""
        return f"{self.stage}, {self.variant}, {self.size[0]}x{self.size[1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long it is timed: frames asked for, a quick look, at a camera's cadence too.

    least_s, most_s: seconds of warming up.
    """

    frames: int | None = None
    quick: bool = False
    cadence_fps: float | None = None
    in_flight: int = 2
    deadline_ms: float | None = None
    least_s: float = 1.0
    most_s: float = 60.0


@dataclass(eq=False, slots=True, kw_only=True)
class Begun:
    """A subject that was checked and is warm; its frames are timed in turns with others'."""

    subject: Subject
    plan: Plan
    facts: dict[str, Any]
    before: float | None
    frames: int
    frames_ms: list[float] = field(default_factory=list)


def begun(subject: Subject, plan: Plan) -> Begun:
    """Run it for the first time, check its pictures, warm it up.

    Raises CheckError where its pictures are not those of the reference: what is wrong has no time.
    """
    held = peak_memory.begin()
    start = time.perf_counter()
    subject.work(0)
    first_ms = (time.perf_counter() - start) * 1e3
    before, cost = _gate(subject)
    warm = warm_up(subject.work, least_s=plan.least_s, most_s=plan.most_s)
    facts: dict[str, Any] = {
        "stage": subject.stage, "variant": subject.variant, "provider": subject.provider,
        "precision": subject.precision, "size": subject.size, "threads": subject.threads,
        "cold_ms": {"session": subject.session_ms, "first_run": first_ms}, "warm": warm,
        "nodes_by_provider": subject.nodes_by_provider, "quality": cost,
        "peak_memory_bytes":
            subject.device_peak() if subject.device_peak else peak_memory.since(held),
        "model_sha256": subject.model_sha256,
    }  # fmt: skip
    frames = planned_frames(warm["median_ms"], plan.frames, plan.quick)
    return Begun(subject=subject, plan=plan, facts=facts, before=before, frames=frames)


def take_turns(runs: Sequence[Begun], turns: int = TURNS) -> None:
    """Time the frames of all: a part of each one's, then the next part of each (CONVENTIONS 3).

    What the machine does meanwhile meets all alike. Each turn of several starts with a frame that
    is not counted, since the caches hold another's.
    """
    for turn in range(turns):
        for run in runs:
            done, until = (run.frames * (turn + i) // turns for i in (0, 1))
            if until == done:
                continue
            work = run.subject.work
            if len(runs) > 1:
                work(done)
            run.frames_ms += closed(lambda number: work(done + number), until - done)  # noqa: B023


def ended(run: Begun, ceiling: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a subject: back to back, and of the whole at a cadence where one is asked.

    ceiling: of the machine, as `copy_ceiling` gives it.

    Raises CheckError as `begun`: the pictures are checked once more.
    """
    subject, plan = run.subject, run.plan
    camera = None
    if plan.cadence_fps is not None and subject.stage == WHOLE:
        camera = cadence(
            subject.work, run.frames, plan.cadence_fps, plan.in_flight, plan.deadline_ms
        )
    after, _ = _gate(subject)
    parity = {"before": run.before, "after": after, "limit": _limit(subject)}
    facts = run.facts | {
        "copies_ms": subject.copies() if subject.copies else None,
        "parity": None if run.before is None else parity,
    }
    rows = [run_record(load=CLOSED, frames_ms=run.frames_ms, **facts)]
    if camera is not None:
        rows.append(run_record(load=CADENCE, frames_ms=camera["frames_ms"], camera=camera, **facts))
    return [row | _of_machine(row, subject, ceiling) for row in rows]


def _gate(subject: Subject) -> tuple[float | None, dict[str, Any] | None]:
    """Distance from the reference on the worst of three inputs, and its cost in quality.

    In DN for fp32; for a coarser precision the root mean square as a share of full scale.
    """
    if subject.reference is None:
        return None, None
    worst, cost = -1.0, None
    for number in range(CHECKED):
        picture = subject.picture(subject.work(number))
        reference = subject.reference(number)
        distance = max_dn(picture, reference, subject.domain)
        found = None if math.isinf(distance) else quality(picture, reference, subject.domain)
        if subject.precision != FULL and found is not None:
            decibels = found["psnr_db"]
            distance = 0.0 if decibels is None else 10 ** (-decibels / 20)
        if not distance <= _limit(subject):
            unit = "DN" if subject.precision == FULL else "of full scale (rms)"
            raise CheckError(
                f"{subject.label}: input {number + 1} is {distance:.3g} {unit} from the "
                f"reference, above {_limit(subject):g}: a wrong picture has no latency"
            )
        if distance > worst:
            worst, cost = distance, found
    return worst, cost


def _limit(subject: Subject) -> float:
    return LIMIT_DN if subject.precision == FULL else LIMIT_RMS


def _of_machine(
    row: Mapping[str, Any], subject: Subject, ceiling: Mapping[str, Any]
) -> dict[str, Any]:
    """Memory moved by the row, and its share of what the machine copies in that time."""
    pixels = subject.size[0] * subject.size[1]
    moved: dict[str, Any] = {
        "bytes_per_pixel": subject.bytes_moved / pixels,
        "first_run_cost_ms": row["cold_ms"]["first_run"] - row["p50_ms"],
    }
    if subject.steps is not None:
        moved["steps"] = [dict(step) for step in subject.steps]
    if row["load"] == CLOSED:
        rate = subject.bytes_moved / (row["p50_ms"] * 1e-3)
        moved["roofline_percent"] = 100 * rate / ceiling["copy_bytes_per_s"]
    return moved
