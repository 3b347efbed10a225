"""Time what a user names: a preset, a recipe, a bundle or a graph, as one result."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from apps.bench.latency.accounts import notes_of
from apps.bench.latency.bundles import bundle_rows, is_bundle
from apps.bench.latency.ceilings import copy_ceiling
from apps.bench.latency.environment import measured_on
from apps.bench.latency.graphs import OPENVINO
from apps.bench.latency.groups import Advance, groups
from apps.bench.latency.pipelines import COMPILE
from apps.bench.latency.question import Asked, check_provider
from apps.bench.latency.results import FORMAT, FORMAT_VERSION
from apps.bench.latency.timing import Begun, Subject, begun, ended, take_turns
from isp.core.errors import CheckError, MissingError, UsageError


@dataclass(eq=False)
class Timed:
    """A result as it is written, and what failed its check and so has no time."""

    result: dict[str, Any]
    failed: list[str]


def bench(asked: Asked, advance: Advance = lambda name: None) -> Timed:
    """Time what is asked for; what is timed at one size takes turns.

    Raises UsageError, FileError, MissingError: a target, input, provider or library that is not
    there; nothing else is run in its place.
    """
    check_provider(asked)
    found = _Found(asked, advance)
    if is_bundle(asked.target) and asked.provider != OPENVINO:
        found.runs += _by_its_runner(asked, found.threads, found.ceiling, advance)
    else:
        for group in found.groups():
            runs = found.begun(group)
            advance("turns")
            take_turns(runs)
            found.end(runs)
    return found.timed()


def bench_together(questions: Sequence[Asked], advance: Advance = lambda name: None) -> list[Timed]:
    """Time all that is asked for, presets and recipes, in turns with each other.

    Raises as `bench`.
    """
    for asked in questions:
        check_provider(asked)
    found = [_Found(asked, advance) for asked in questions]
    begun = [[run for group in each.groups() for run in each.begun(group)] for each in found]
    advance("turns")
    take_turns([run for runs in begun for run in runs])
    for each, runs in zip(found, begun, strict=True):
        each.end(runs)
    return [each.timed() for each in found]


class _Found:
    """What was found of one question so far."""

    def __init__(self, asked: Asked, advance: Advance) -> None:
        self.asked, self._advance = asked, advance
        self.threads = set_threads(asked.threads)
        self._environment = measured_on()
        advance("ceiling")
        device = "cuda" if asked.provider in ("cuda", "tensorrt") else "cpu"
        on_card = torch.cuda.is_available()
        self.ceiling = copy_ceiling(asked.ceiling_bytes, device if on_card else "cpu")
        self.runs: list[dict[str, Any]] = []
        self._notes: list[str] = []
        self._failed: list[str] = []

    def groups(self) -> Iterator[Iterable[Subject]]:
        """Subjects that take turns."""
        return groups(self.asked, self.threads, self._notes, self._advance)

    def begun(self, subjects: Iterable[Subject]) -> list[Begun]:
        """Those that are right; what fails is noted."""
        runs = []
        for subject in subjects:
            self._advance(subject.label)
            try:
                runs.append(begun(subject, self.asked.plan))
            except CheckError as error:
                self._failed.append(str(error))
            except Exception as error:
                if subject.variant != COMPILE:
                    raise
                _without_compiler(self.asked, subject, error, self._notes)
        return runs

    def end(self, runs: Iterable[Begun]) -> None:
        """Take their rows, save of those that are wrong by now."""
        for run in runs:
            try:
                self.runs += ended(run, self.ceiling)
            except CheckError as error:
                self._failed.append(str(error))

    def timed(self) -> Timed:
        """The result as it is written."""
        return Timed(
            result={
                "format": FORMAT, "format_version": FORMAT_VERSION,
                "environment": self._environment | {"ceilings": self.ceiling}, "runs": self.runs,
                "notes": [*self._notes, *self._failed, *notes_of(self.runs)],
            },
            failed=self._failed,
        )  # fmt: skip


def set_threads(threads: int | None) -> int:
    """Let torch and numba use so many threads; returns how many torch has."""
    if threads is not None:
        import numba

        # numba first: as it starts, it sets the threads of the OpenMP that torch uses too.
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        torch.set_num_threads(threads)
    return torch.get_num_threads()


def _by_its_runner(
    asked: Asked, threads: int, ceiling: dict[str, Any], advance: Advance
) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    for size in asked.sizes:
        advance(f"{size[0]}x{size[1]}")
        runs += bundle_rows(
            Path(asked.target), size, asked.iso, asked.provider, threads, asked.plan, ceiling
        )
    names = list(dict.fromkeys(str(row["stage"]) for row in runs))
    if asked.stage not in (None, *names):
        raise UsageError(f'the bundle has no "{asked.stage}"; it has {", ".join(names)}')
    return [row for row in runs if asked.stage in (None, row["stage"])]


def _without_compiler(asked: Asked, subject: Subject, error: Exception, notes: list[str]) -> None:
    """torch.compile needs a compiler, and does not take all that runs: said, never left out."""
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if asked.variants:
        raise MissingError(f"{subject.label}: torch.compile failed ({reason})") from error
    notes.append(f"{subject.label}: not timed: torch.compile failed ({reason})")
