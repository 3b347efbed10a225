"""The result file of a latency run: what `fullwell bench` and a bundle's `run.py bench` write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isp.core.errors import FileError
from isp.files.finite import first_not_finite
from isp.files.json_record import read_record

FORMAT = "fullwell-latency"
FORMAT_VERSION = 1
KEY = ("stage", "variant", "provider", "precision", "size", "load")
CADENCE = "cadence"
CLOSED = "closed"
WHOLE = "whole"

Run = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowKey:
    """What makes two rows of two files the same row."""

    stage: str
    variant: str
    provider: str
    precision: str
    size: tuple[int, int]
    load: str

    def __str__(self) -> str:
        height, width = self.size
        return (
            f"{self.stage}, {self.variant}, {self.provider}, {self.precision}, "
            f"{height}x{width}, {self.load}"
        )


def key_of(run: Run) -> RowKey:
    """The key of a row."""
    height, width = run["size"]
    return RowKey(
        stage=run["stage"], variant=run["variant"], provider=run["provider"],
        precision=run["precision"], size=(height, width), load=run["load"],
    )  # fmt: skip


def read_results(path: Path) -> dict[str, Any]:
    """Read a result file: its environment, its runs with every frame's time, its notes.

    Raises FileError naming the file and what is wrong in it.
    """
    record = read_record(path)
    if record.get("format") != FORMAT or record.get("format_version") != FORMAT_VERSION:
        raise FileError(
            path,
            f"it is no latency result ({FORMAT}, version {FORMAT_VERSION}): its format is "
            f"{record.get('format')!r}, version {record.get('format_version')!r}",
        )
    if not isinstance(record.get("environment"), dict) or not isinstance(record.get("runs"), list):
        raise FileError(path, "a latency result has an environment and a list of runs")
    if not record["runs"]:
        raise FileError(path, "it holds no run")
    place = first_not_finite(record)
    if place is not None:
        raise FileError(path, f"{place} is not a finite number")
    for number, run in enumerate(record["runs"], 1):
        for fault in _faults(run):
            raise FileError(path, f"run {number}: {fault}")
    keys = [key_of(run) for run in record["runs"]]
    for key in keys:
        if keys.count(key) > 1:
            raise FileError(path, f"two of its runs are the same row ({key})")
    return record


def _faults(run: Any) -> Iterator[str]:
    """What is wrong with a run, worst first."""
    if not isinstance(run, dict):
        yield "it is no record"
        return
    yield from (f"{name} is missing" for name in (*KEY, "frames_ms") if name not in run)
    yield from (
        f"{name} is a text, not {run[name]!r}"
        for name in KEY
        if name != "size" and not isinstance(run[name], str)
    )
    yield from (
        f"{name} holds what cannot be printed"
        for name in KEY
        if isinstance(run[name], str) and not run[name].isprintable()
    )
    size, frames = run["size"], run["frames_ms"]
    if not (isinstance(size, list) and len(size) == 2 and all(_counts(n) for n in size)):
        yield f"size is [height, width], not {size!r}"
    if not isinstance(frames, list) or not frames:
        yield "frames_ms is a list of the time of every frame"
    elif not all(isinstance(t, int | float) and not isinstance(t, bool) and t > 0 for t in frames):
        yield "frames_ms holds what is no time above 0"


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
