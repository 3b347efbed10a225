"""What a user asks `fullwell diff`, answered: comparisons, and a page where one is wanted."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from apps.diff.comparison import Difference, Roi
from apps.diff.diffing import TOLERANCE, Comparison, Watch, diff_files
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.dump import DumpFlags
from isp.files.safe_write import refuse_output


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two sides, raw files, and where the page goes; see `diff_files`."""

    first: str
    second: str
    raws: tuple[Path, ...] = ()
    camera: str | None = None
    flags: DumpFlags | None = None
    tolerance: float = TOLERANCE
    roi: Roi | None = None
    output: Path | None = None
    force: bool = False


def answer(
    question: Question, advance: Callable[[str], None] = lambda name: None
) -> list[Comparison]:
    """Compare, and write the page if one is asked for.

    advance: called with the name of each stage that is compared.

    Raises UsageError for a question that cannot be meant, FileError, OutputError.
    """
    output = question.output
    if not math.isfinite(question.tolerance) or question.tolerance < 0:
        raise UsageError(f"a tolerance is 0 or more, not {question.tolerance}")
    if output is not None and output.suffix.lower() != ".html":
        raise UsageError(f"{output}: a comparison is written as .html")
    if output is None:
        return _compare(question, lambda raw: _told(advance, None))
    from apps.diff.page import add_numbers, add_stops
    from apps.diff.words import summary
    from apps.report.report import Report

    refuse_output(output, force=question.force)
    report = Report(f"{Path(question.first).name} against {Path(question.second).name}")

    def begin(raw: str | None) -> Watch:
        if raw is not None:
            report.add_text(f"Raw file: {Path(raw).name}")
        return _told(advance, add_stops(report))

    comparisons = _compare(question, begin)
    named = [_by_name(comparison) for comparison in comparisons]
    report.summary = "; ".join(summary(comparison) for comparison in named)
    for comparison in named:
        add_numbers(report, comparison)
    report.write(output, force=question.force)
    return comparisons


def _by_name(comparison: Comparison) -> Comparison:
    """For a page, which may be handed on: names of files without their folders."""
    raw = None if comparison.raw is None else Path(comparison.raw).name
    first, second = Path(comparison.first).name, Path(comparison.second).name
    error = comparison.error
    if error is not None and comparison.raw is not None and raw is not None:
        error = error.replace(comparison.raw, raw)
    return replace(comparison, first=first, second=second, raw=raw, error=error)


def _compare(question: Question, begin: Callable[[str | None], Watch]) -> list[Comparison]:
    return diff_files(
        question.first,
        question.second,
        question.raws,
        camera=question.camera,
        flags=question.flags,
        tolerance=question.tolerance,
        roi=question.roi,
        begin=begin,
    )


def _told(advance: Callable[[str], None], also: Watch | None) -> Watch:
    def watch(difference: Difference, first: Frame | None, second: Frame | None) -> None:
        advance(difference.label)
        if also:
            also(difference, first, second)

    return watch
