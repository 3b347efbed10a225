"""SID (See in the Dark) as its folders lie: short/ and long/, and lists of pairs."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from apps.train.raw_pair import (
    PairList,
    RawPair,
    exposure_ratio,
    raw_files,
    raw_named,
    refuse_incomplete,
)
from isp.core.errors import FileError

# Misaligned with their references: README of the data set, update of August 2018.
MISALIGNED = ("10034", "10045", "10172")
NAME = re.compile(r"(?P<scene>\d{5})_\d+_(?P<seconds>\d+(?:\.\d+)?)s(?:\.\w+)?")
SAME_RATIO = 0.01  # relative; a list rounds 10 s / 0.033 s to 300


class Row(NamedTuple):
    """One line of a list."""

    short: str
    long: str
    iso: float | None
    factor: float | None


def sid_pairs(root: str | Path, pair_list: str | Path) -> PairList:
    """The pairs of a list, but for the three scenes known to be misaligned.

    root: the folder that holds short/ and long/, or the one above it that the lists' own paths
        (./Sony/short/...) begin at. Files are found by name, with any raw suffix.
    pair_list: lines of `SHORT LONG ISO200 F8` (SID), `SHORT LONG` or `SHORT LONG 100` (ELD's
        selections, the last number the ratio); which list is scored is the caller's choice.
    Exposure times are those of the names, as the protocol takes them.

    Raises FileError for a list that cannot be read or is empty, and one that names every file
    that the folder lacks.

    Source: Chen et al., CVPR 2018, README of the data set; Wei et al. (ELD), CVPR 2020.
    """
    root, pair_list = Path(root), Path(pair_list)
    rows = _rows(pair_list)
    camera = _camera(root, rows[0][1].short)
    files = {side: raw_files(camera / side) for side in ("short", "long")}
    pairs, missing = [], []
    left_out: Counter[str] = Counter()
    for number, row in rows:
        scene, short_s = _named(pair_list, number, row.short)
        of_long, long_s = _named(pair_list, number, row.long)
        if of_long != scene:
            raise FileError(pair_list, f"line {number} pairs scene {scene} with scene {of_long}")
        if scene in MISALIGNED:
            left_out[scene] += 1
            continue
        names = {side: Path(getattr(row, side)).name for side in files}
        found = {side: raw_named(files[side], names[side]) for side in files}
        missing += [f"{side}/{names[side]}" for side in files if found[side] is None]
        short, long = found["short"], found["long"]
        if short is None or long is None:
            continue
        ratio = exposure_ratio(long_s, short_s)
        if row.factor is not None and abs(row.factor / ratio - 1) > SAME_RATIO:
            raise FileError(
                pair_list,
                f"line {number} says ratio {row.factor:g}, but {long_s:g} s is {ratio:g} times "
                f"{short_s:g} s",
            )
        pairs.append(
            RawPair(
                short=short, long=long, camera=camera.name, scene=scene, iso=row.iso,
                short_s=short_s, long_s=long_s, ratio=ratio, factor=round(ratio),
            )
        )  # fmt: skip
    refuse_incomplete(camera, missing, f"{pair_list.name} asks for them")
    notes = tuple(
        f"scene {scene} left out ({'1 pair' if count == 1 else f'{count} pairs'}): misaligned, "
        "by the data set's own README"
        for scene, count in sorted(left_out.items())
    )
    return PairList(pairs=tuple(pairs), notes=notes)


def _camera(root: Path, first: str) -> Path:
    """The folder that holds short/ and long/."""
    if (root / "short").is_dir():
        return root
    above = Path(first).parent.parent.name
    return root / above if above and (root / above).is_dir() else root


def _rows(pair_list: Path) -> list[tuple[int, Row]]:
    try:
        lines = pair_list.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(pair_list, f"the list of pairs cannot be read ({error})") from error
    rows = [
        (n, _row(pair_list, n, line.split())) for n, line in enumerate(lines, 1) if line.strip()
    ]
    if not rows:
        raise FileError(pair_list, "the list of pairs is empty")
    return rows


def _row(pair_list: Path, number: int, words: list[str]) -> Row:
    iso = factor = None
    for word in words[2:]:
        if re.fullmatch(r"ISO\d+", word):
            iso = float(word[3:])
        elif re.fullmatch(r"\d+(\.\d+)?", word) and float(word) > 0:
            factor = float(word)
        elif not re.fullmatch(r"F\d+(\.\d+)?", word):
            words = []
    if len(words) < 2:
        raise FileError(pair_list, f"line {number} is not SHORT LONG, then ISO200 F8 or a ratio")
    return Row(words[0], words[1], iso, factor)


def _named(pair_list: Path, number: int, path: str) -> tuple[str, float]:
    """Scene and exposure time, seconds, of 00001_00_0.1s.ARW."""
    match = NAME.fullmatch(Path(path).name)
    seconds = float(match["seconds"]) if match else 0.0
    if match is None or seconds <= 0:
        raise FileError(
            pair_list,
            f"line {number}: {path} is not named SCENE_NUMBER_TIMEs, as 00001_00_0.1s.ARW",
        )
    return match["scene"], seconds
