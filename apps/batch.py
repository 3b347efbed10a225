"""Developing one or many files; several run in spawned workers, one bad file stops nobody."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, FullwellError, UsageError
from isp.files.dump import DumpFlags

LINEAR_SUFFIXES = (".exr",)
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr")
FOLDER_SUFFIX = ".png"  # what a file is developed to when the output is a folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for every file of a run."""

    choices: dict[str, Any] = field(default_factory=dict)
    camera: str | None = None
    flags: DumpFlags | None = None
    dump: Path | None = None
    bit_depth: int | None = None
    masks: bool = False
    force: bool = False


def run_jobs(
    job: Job,
    raws: Sequence[Path],
    output: Path,
    *,
    workers: int,
    advance: Callable[[str], None] = lambda name: None,
) -> list[dict[str, Any]]:
    """Develop each file; returns a report for each, with `exit_code`, and `error` if it failed.

    Raises UsageError when the output cannot serve the inputs.
    """
    pairs = list(zip(raws, _outputs(raws, output), strict=True))
    if len(pairs) == 1:
        report = develop_file(job, *pairs[0])
        advance(pairs[0][0].name)
        return [report]
    if job.dump:
        raise UsageError("--dump takes one raw file at a time")
    # spawn: LibRaw's threads deadlock in a forked process.
    context = multiprocessing.get_context("spawn")
    reports = []
    with ProcessPoolExecutor(min(workers, len(pairs)), mp_context=context) as pool:
        futures = [pool.submit(develop_file, job, raw, target) for raw, target in pairs]
        for (raw, _), future in zip(pairs, futures, strict=True):
            reports.append(future.result())
            advance(raw.name)
    return reports


def develop_file(job: Job, raw: Path, output: Path) -> dict[str, Any]:
    """Develop one file and report; a failure is in the report, not raised."""
    report: dict[str, Any] = {"input": str(raw), "output": str(output), "exit_code": 0}
    try:
        return report | _develop(job, raw, output)
    except FullwellError as error:
        named = (
            error if isinstance(error, FileError) or str(raw) in str(error) else f"{raw}: {error}"
        )
        return report | {"error": str(named), "exit_code": error.exit_code}


def _develop(job: Job, raw: Path, output: Path) -> dict[str, Any]:
    from apps.developing import automatic, develop
    from apps.dump import Dump
    from isp.core.pipeline import Tap
    from isp.files.profile import load_profile
    from isp.files.raw import read_raw
    from isp.files.safe_write import refuse_output
    from isp.files.save import write

    _suffix(output)
    refuse_output(output, force=job.force)
    profile = load_profile(job.camera) if job.camera else None
    frame = read_raw(raw, flags=job.flags, profile=profile)
    dump = Dump(job.dump, force=job.force) if job.dump else None
    if dump:
        dump.add(Tap("read", frame, 0.0))
    choices = dict(job.choices)
    if choices.get("preset") is None:
        choices["preset"] = "hdr_linear" if output.suffix.lower() in LINEAR_SUFFIXES else "srgb"
    seconds = {}

    def watch(tap: Tap) -> None:
        seconds[tap.name] = tap.seconds
        if dump:
            dump.add(tap)

    choices["codes"] = output.suffix.lower() not in LINEAR_SUFFIXES
    picture = develop(frame, watch=watch, **choices)
    depth = job.bit_depth
    if depth is None and choices.get("linear") and output.suffix.lower() == ".png":
        depth = 16
    write(output, picture, force=job.force, bit_depth=depth, masks=job.masks)
    height, width = picture.size
    notes = automatic(picture)
    summary = f"{width} x {height} {picture.domain.name} through {' -> '.join(seconds)}"
    return {
        "width": width,
        "height": height,
        "domain": picture.domain.name,
        "automatic": notes,
        "measured_percent": 100 * float(picture.measured.float().mean()),
        "history": [[name, parameters] for name, parameters in picture.history],
        "summary": "; ".join([summary, *notes]),
    }


def _suffix(output: Path) -> None:
    if output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{output}: a picture is written as {', '.join(SUFFIXES)}")


def _outputs(raws: Sequence[Path], output: Path) -> list[Path]:
    is_folder = output.is_dir() or str(output).endswith("/") or output.suffix == ""
    if not is_folder:
        if len(raws) > 1:
            raise UsageError(f"{len(raws)} files need a folder as output: -o DIR/")
        return [output]
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{output}: cannot make the folder ({error.strerror})") from error
    targets = [output / f"{raw.stem}{FOLDER_SUFFIX}" for raw in raws]
    twice = sorted({t.name for t in targets if targets.count(t) > 1})
    if twice:
        raise UsageError(f"several inputs would become {', '.join(twice)}; rename them")
    return targets
