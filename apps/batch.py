"""Work on one or many files; several run in spawned workers, one bad file stops nobody."""

import contextlib
import json
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.job import Job
from apps.outputs import outputs, remove_empty
from isp.core.errors import FileError, FullwellError, UsageError

if TYPE_CHECKING:
    from isp.core.frame import Frame

Advance = Callable[[str], None]
Report = dict[str, Any]
Work = Callable[[Path, Path], Report]  # of an input and its output; a failure is in the report


def run_jobs(
    job: Job,
    raws: Sequence[Path],
    output: str | Path,
    *,
    workers: int,
    advance: Advance = lambda name: None,
) -> list[dict[str, Any]]:
    """Develop each file; returns a report for each, with `exit_code`, and `error` if it failed.

    output: see `outputs`. A folder that was made for it and stays empty is removed.

    Raises UsageError when the output cannot serve the inputs, OutputError for a folder that
    cannot be made.
    """
    if job.dump and len(raws) > 1:
        raise UsageError("--dump takes one raw file at a time")
    made: list[Path] = []
    try:
        targets = outputs(raws, output, job.format, made)
        return _run(job, list(zip(raws, targets, strict=True)), workers, advance)
    finally:
        remove_empty(made)


def _run(
    job: Job, pairs: Sequence[tuple[Path, Path]], workers: int, advance: Advance
) -> list[dict[str, Any]]:
    if len(pairs) == 1:
        return [develop_file(job, *pairs[0], advance)]
    from apps.output_choices import settled
    from apps.recipe_output import as_recipe_says

    job = as_recipe_says(job, pairs[0][1])
    settled(job.choices, job.asked(), pairs[0][1])  # what is wrong for all is said once
    return in_workers(partial(develop_file, job), pairs, workers, advance)


def in_workers(
    work: Work, pairs: Sequence[tuple[Path, Path]], workers: int, advance: Advance
) -> list[Report]:
    """Do the work on each input and its output, in spawned workers; return the reports in order.

    work: is sent to other processes.
    """
    # spawn: LibRaw's threads deadlock in a forked process.
    context = multiprocessing.get_context("spawn")
    reports = []
    count = min(workers, len(pairs))
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin) as pool:
        try:
            with _without_interrupts():
                futures = [pool.submit(_work, work, raw, target) for raw, target in pairs]
            for (raw, target), future in zip(pairs, futures, strict=True):
                reports.append(_result(future, raw, target))
                advance(raw.name)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return reports


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait until afterwards; processes started inside inherit that."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


_INTERRUPTED = threading.Event()  # of a worker


def _begin() -> None:
    """Make a new worker deaf to Ctrl-C; one that came while it started is remembered."""
    if signal.SIGINT in signal.sigpending():
        _INTERRUPTED.set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _work(work: Work, raw: Path, output: Path) -> Report:
    """The work in a worker, which hears Ctrl-C only where it can tidy up."""
    if _INTERRUPTED.is_set():
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return work(raw, output)
    except KeyboardInterrupt:
        _INTERRUPTED.set()
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _result(future: "Future[dict[str, Any]]", raw: Path, target: Path) -> dict[str, Any]:
    try:
        return future.result()
    except BrokenProcessPool:
        reason = f"{raw}: its worker died, or one beside it (out of memory?); try --workers 1"
        return {"input": str(raw), "output": str(target), "exit_code": 3, "error": reason}


def develop_file(
    job: Job, raw: Path, output: Path, advance: Advance = lambda name: None
) -> dict[str, Any]:
    """Develop one file and report; a failure is in the report, not raised.

    advance: called with the name of each part that is done.
    """
    return reported(raw, output, lambda: _develop(job, raw, output, advance))


def reported(raw: Path, output: Path, do: Callable[[], Report]) -> Report:
    """What the work on a file gave, with `exit_code`; a failure as `error`, naming the file."""
    report: Report = {"input": str(raw), "output": str(output), "exit_code": 0}
    try:
        return report | do()
    except FullwellError as error:
        is_named = isinstance(error, FileError) or str(raw) in str(error)
        # What is wrong with the output alone is not the input's fault.
        is_named = is_named or str(error).startswith(f"{output}: ")
        named = str(error) if is_named else f"{raw}: {error}"
        return report | {"error": named, "exit_code": error.exit_code}


def _develop(job: Job, raw: Path, output: Path, advance: Advance) -> dict[str, Any]:
    from apps.chosen_recipe import Choices
    from apps.delivering import deliver
    from apps.developing import develop, used_by
    from apps.dump import Dump
    from apps.ending import tone_names
    from apps.output_choices import light_before_tone, settled, white_said
    from apps.picture_facts import facts_of
    from apps.recipe_output import as_recipe_says
    from isp.core.domain import Domain
    from isp.core.pipeline import Tap
    from isp.files.safe_write import refuse_output, safe_write
    from isp.files.save import GAIN_MAP

    job = as_recipe_says(job, output)
    choices = settled(job.choices, job.asked(), output, dumps=job.dump is not None)
    refuse_output(output, force=job.force, inputs=[raw])
    if job.save_recipe:
        refuse_output(recipe_path(output), force=job.force)
    name, frame = _start(job, raw)
    choices["origin"] = _origin(job, raw, frame)
    if job.resume:
        choices = _resumed(job, choices, raw, name)
    passed: set[str] = set()
    light = frame  # the last linear light before a tone curve
    tones = tone_names(frame, Choices(**choices))
    if job.delivery.get("hdr") == GAIN_MAP:
        light_before_tone(frame, tones, choices.get("after"))
    with Dump(job.dump, force=job.force) if job.dump else contextlib.nullcontext() as dump:
        if dump:
            dump.add(Tap(name, frame, 0.0))

        def watch(tap: Tap) -> None:
            nonlocal light
            passed.add(tap.name)
            if tap.frame.domain is Domain.LINEAR and not passed & set(tones.curves):
                light = tap.frame
            advance(tap.name)
            if dump:
                dump.add(tap)

        picture = develop(frame, watch=watch, **choices)
        used = used_by(frame, Choices(**choices), picture)
        record = _record(job, output, frame, choices, used, picture)
        if dump:
            dump.add_recipe(record)
        written, clips, notes = deliver(job, output, picture, light, choices)
    if job.save_recipe:
        with safe_write(recipe_path(output), force=job.force) as place:
            place.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    facts = facts_of(picture, list(used), clips)
    white = white_said(written, job.asked(), output)
    if white is not None:
        facts["white_cd_m2"] = white
        notes = [*notes, f"1.0 is {white:g} cd/m2"]
    facts["summary"] = "; ".join([facts["summary"], *notes])
    return facts | {"recipe": record}


def recipe_path(output: Path) -> Path:
    """Where the recipe of a picture is written: NAME.recipe.json beside NAME.png."""
    return output.with_suffix(".recipe.json")


def _start(job: Job, raw: Path) -> tuple[str, "Frame"]:
    """The frame to develop, and the name of the step that gave it."""
    if job.resume:
        from apps.dumped import read_dumped

        if job.camera or job.flags:
            raise UsageError("a dumped frame knows its camera; leave --camera and layout out")
        dumped = read_dumped(raw)
        return dumped.name, dumped.frame
    from isp.files.profile import load_profile
    from isp.files.raw import read_raw

    profile = load_profile(job.camera) if job.camera else None
    return "read", read_raw(raw, flags=job.flags, profile=profile)


def _origin(job: Job, raw: Path, frame: "Frame") -> str:
    """Name of the file that a development began with: a dumped frame's is in its history."""
    files = [said["file"] for _, said in frame.history if "file" in said] if job.resume else []
    return str(files[0]) if files else raw.name


def _resumed(job: Job, choices: dict[str, Any], raw: Path, name: str) -> dict[str, Any]:
    """Choices that go on behind a step, with the dump's own recipe where none is given."""
    from apps.dump import RECIPE
    from apps.dumped import FIRST

    changes: dict[str, Any] = {} if name == FIRST else {"after": name}
    if job.choices.get("preset") is None and job.choices.get("recipe") is None:
        changes["recipe"] = raw.parent / RECIPE
    return choices | changes


def _record(
    job: Job,
    output: Path,
    frame: "Frame",
    choices: dict[str, Any],
    used: dict[str, dict[str, Any]],
    picture: "Frame",
) -> dict[str, Any]:
    from apps.chosen_recipe import Choices, recipe_for
    from apps.picture_facts import automatic
    from apps.recipe_files import found_from
    from apps.recipe_output import output_of
    from apps.resolved_recipe import resolved_record

    recipe = recipe_for(frame.need_profile().cfa, Choices(**choices))
    return resolved_record(
        recipe, used, source=choices["origin"], picture=picture, automatic=automatic(picture),
        output=output_of(job, output),
        camera=None if job.camera is None else found_from(Path.cwd(), job.camera),
    )  # fmt: skip
