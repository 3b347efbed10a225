"""Two latency results against each other: which rows are slower, as far as frames can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps.bench.latency.bootstrap import RESAMPLES, Values, quantile, resampled
from apps.bench.latency.results import RowKey, Run, key_of

TOLERANCE = 0.05
CONFIDENCE = 0.95
P99_FRAMES = 662  # CONVENTIONS, section 3: below it there is no p99
LEAST_FRAMES = 64  # below it nothing is said but median and range
MEDIAN, P99 = 0.5, 0.99
REGRESSION, IMPROVEMENT, NO_DIFFERENCE = "regression", "improvement", "no difference shown"
TOO_FEW = "too few frames"

GOOD = {"latency_verdict": "met", "rate_verdict": "kept"}  # of a cadence
LOST_DB = 1.0  # of PSNR from the reference: more is another picture

# What two runs on one machine may differ in: the code that is compared, and the moment.
MOMENT = ("load_average_at_start", "clock_step_ns", "fullwell", "ceilings", "gpu_state")
# How a row was measured beside its key: with another of these it is another measurement.
MANNER = ("threads", "fps_asked", "in_flight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One statistic of one row of both files.

    quantile: 0.5 or 0.99. old_ms, new_ms: its values. ratio: new / old, with its 95 % interval.
    p: the smaller chance, of both directions together, that a ratio on the other side of the
        tolerance gives; Holm's over all statistics decides `verdict`.
    """

    key: RowKey
    quantile: float
    old_ms: float
    new_ms: float
    low: float
    high: float
    p: float
    verdict: str
    frames: tuple[int, int]

    @property
    def ratio(self) -> float:
        """New over old: above 1 is slower."""
        return self.new_ms / self.old_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All rows that both files have, and what only one has.

    differences: fields of the environments, and manners of a row's measurement, that differ.
    worse: what the times do not tell: verdicts of a cadence that fell, pictures that lost quality.
    """

    rows: tuple[Compared, ...]
    only_old: tuple[RowKey, ...]
    only_new: tuple[RowKey, ...]
    differences: tuple[str, ...]
    worse: tuple[str, ...]
    tolerance: float

    @property
    def regressions(self) -> tuple[Compared, ...]:
        """What is slower by more than the tolerance."""
        return tuple(row for row in self.rows if row.verdict == REGRESSION)


def compare(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    tolerance: float = TOLERANCE,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare two results, row by row, by medians and, with frames enough, by p99.

    old, new: as `read_results` gives them. tolerance: share of the old time that is let pass.

    A regression is a ratio whose 95 % interval lies above 1 + tolerance, an improvement one whose
    interval lies below 1 - tolerance, after Holm's correction over all statistics compared. Of
    fewer than 64 frames nothing is said. Runs with the same `turns` were timed frame by frame in
    turns and are resampled together, so that drift of the machine is in neither's favour.
    """
    theirs = {key_of(run): run for run in old["runs"]}
    ours = {key_of(run): run for run in new["runs"]}
    both = [key for key in theirs if key in ours]
    differences = list(environment_differences(old["environment"], new["environment"]))
    rows: list[Compared] = []
    worse: list[str] = []
    for key in both:
        worse += _worse(key, theirs[key], ours[key])
        differences += _manners(key, theirs[key], ours[key])
        rows += _row(key, theirs[key], ours[key], tolerance, resamples)
    return Comparison(
        rows=tuple(holm(rows)), only_old=tuple(k for k in theirs if k not in ours),
        only_new=tuple(k for k in ours if k not in theirs), differences=tuple(differences),
        worse=tuple(worse), tolerance=tolerance,
    )  # fmt: skip


def environment_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], place: str = ""
) -> tuple[str, ...]:
    """Fields in which two environments differ, with both values; what changes by the hour aside.

    >>> environment_differences({"cpu": "A", "clock_step_ns": 1}, {"cpu": "B", "clock_step_ns": 2})
    ("cpu: 'A' against 'B'",)
    """
    found: list[str] = []
    for name in [*old, *(n for n in new if n not in old)]:
        if name in MOMENT:
            continue
        one, other = old.get(name), new.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += environment_differences(one, other, f"{place}{name}.")
        elif one != other:
            found.append(f"{place}{name}: {one!r} against {other!r}")
    return tuple(found)


def holm(rows: Sequence[Compared]) -> list[Compared]:
    """Take back the verdicts that do not outlast the number of questions asked.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    outlasts = [False] * len(rows)
    for place, index in enumerate(sorted(range(len(rows)), key=lambda i: rows[i].p)):
        if rows[index].p > (1 - CONFIDENCE) / (len(rows) - place):
            break
        outlasts[index] = True
    return [
        row if kept or row.verdict == TOO_FEW else replace(row, verdict=NO_DIFFERENCE)
        for row, kept in zip(rows, outlasts, strict=True)
    ]


def _row(key: RowKey, old: Run, new: Run, tolerance: float, resamples: int) -> list[Compared]:
    frames = len(old["frames_ms"]), len(new["frames_ms"])
    asked = [MEDIAN, P99] if min(frames) >= P99_FRAMES else [MEDIAN]
    before = resampled(old["frames_ms"], asked, stream=0, resamples=resamples)
    # Frames that took turns met the same machine: the same blocks are drawn of both.
    together = old.get("turns") is not None and old["turns"] == new.get("turns")
    stream = 0 if together and frames[0] == frames[1] else 1
    after = resampled(new["frames_ms"], asked, stream=stream, resamples=resamples)
    return [
        _judged(
            after[:, column] / before[:, column], tolerance, key=key, quantile=q, frames=frames,
            old_ms=quantile(old["frames_ms"], q), new_ms=quantile(new["frames_ms"], q),
        )
        for column, q in enumerate(asked)
    ]  # fmt: skip


def _judged(ratios: Values, tolerance: float, **facts: Any) -> Compared:
    beyond = (1 - CONFIDENCE) / 2
    low, high = np.quantile(ratios, [beyond, 1 - beyond])
    count = len(ratios) + 1  # what was observed is one of the resamples
    not_slower = (1 + int(np.sum(ratios <= 1 + tolerance))) / count
    not_faster = (1 + int(np.sum(ratios >= 1 - tolerance))) / count
    verdict = NO_DIFFERENCE
    if min(facts["frames"]) < LEAST_FRAMES:
        verdict = TOO_FEW
    elif low > 1 + tolerance:
        verdict = REGRESSION
    elif high < 1 - tolerance:
        verdict = IMPROVEMENT
    return Compared(
        low=float(low), high=float(high), verdict=verdict,
        p=min(1.0, 2 * min(not_slower, not_faster)), **facts,
    )  # fmt: skip


def _worse(key: RowKey, old: Run, new: Run) -> list[str]:
    """Frames that were dropped are in no time, and neither is what a picture lost."""
    found = [
        f"{key}: {what} was {GOOD[what]}, is {new.get(what)} "
        f"({new.get('dropped', 0)} of {new.get('dropped', 0) + len(new['frames_ms'])} dropped)"
        for what in GOOD
        if old.get(what) == GOOD[what] and new.get(what) != GOOD[what]
    ]
    before, after = ((run.get("quality") or {}).get("psnr_db") for run in (old, new))
    if after is not None and before is not None and after < before - LOST_DB:
        found.append(f"{key}: its picture fell from {before:.1f} to {after:.1f} dB")
    return found


def _manners(key: RowKey, old: Run, new: Run) -> list[str]:
    return [
        f"{name} of {key}: {old.get(name)!r} against {new.get(name)!r}"
        for name in MANNER
        if old.get(name) != new.get(name)
    ]
