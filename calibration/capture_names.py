"""What names of files and folders say of a capture: kind, exposure time, ISO, temperature."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

DARK = re.compile(r"(?<![a-z])(dark|bias|cap|black)s?(?![a-z])")
FLAT = re.compile(r"(?<![a-z])(flat|bright|light|white)s?(?![a-z])")
TIME = re.compile(r"(?<![\d.a-z])(\d+(?:\.\d+)?)(us|ms|s|sec)(?![a-z\d])")
ISO = re.compile(r"iso[ _-]?(\d+)")
NUMBER = re.compile(r"([0-9]+)")
TEMPERATURE = re.compile(r"(?<![\d.])(-?\d+(?:\.\d+)?)deg[ _-]?c(?![a-z])")
Found = TypeVar("Found")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a name says; None where it says nothing."""

    dark: bool | None = None
    exposure_time_s: float | None = None
    iso: float | None = None
    temperature_c: float | None = None


def told_by_name(path: Path, below: Path) -> Told:
    """Read the name of a file and of the folders under `below`; the nearest to the file counts.

    >>> told_by_name(Path("set/darks/iso400/10ms_01.png"), Path("set"))
    Told(dark=True, exposure_time_s=0.01, iso=400.0, temperature_c=None)
    """
    parts = path.relative_to(below).parts
    words = [parts[-1].removesuffix(path.suffix).lower(), *(p.lower() for p in parts[-2::-1])]
    return Told(
        dark=_first(words, _is_dark),
        exposure_time_s=_first(words, _time),
        iso=_first(words, lambda word: _number(ISO, word)),
        temperature_c=_first(words, lambda word: _number(TEMPERATURE, word)),
    )


def as_counted(path: Path) -> tuple[list[str | int], str]:
    """A key that sorts paths by the numbers in their names: the order of shooting.

    >>> sorted([Path("f10.png"), Path("f2.png")], key=as_counted)[0].name
    'f2.png'
    """
    parts = NUMBER.split(str(path))  # text and numbers in turns, text first
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], str(path)


def _first(words: Sequence[str], find: Callable[[str], Found | None]) -> Found | None:
    return next((found for word in words if (found := find(word)) is not None), None)


def _is_dark(word: str) -> bool | None:
    if DARK.search(word):
        return True
    return False if FLAT.search(word) else None


def _time(word: str) -> float | None:
    match = TIME.search(word)
    if match is None:
        return None
    return float(match[1]) * SECONDS[match[2]]


def _number(pattern: re.Pattern[str], word: str) -> float | None:
    match = pattern.search(word)
    return None if match is None else float(match[1])
