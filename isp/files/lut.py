"""Read and write look-up tables as .cube text, with a curve per channel or a cube."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from isp.core.errors import FileError, FrameError, LimitError
from isp.core.lut import SIZES, Lut
from isp.files.safe_write import safe_write

MOST_BYTES = 512 * 2**20  # a cube of 256 steps with 9 digits a number
TRIPLES = {"DOMAIN_MIN", "DOMAIN_MAX"}
RANGES = {"LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE"}
COUNTS = {"LUT_1D_SIZE": 1, "LUT_3D_SIZE": 3}


class _Header(NamedTuple):
    keywords: dict[str, str]
    first_row: int


def read_lut(path: str | Path) -> Lut:
    """Return the table of a .cube file: 1D or 3D, with its domain and title.

    Blank lines and comment lines (#) may stand anywhere. A keyword that is not known is refused,
    because it may change what the numbers mean; so is a file that holds two tables.

    Raises FileError naming file, line and reason, LimitError.

    Source: Adobe, Cube LUT Specification 1.0 (2013); LUT_1D_INPUT_RANGE and LUT_3D_INPUT_RANGE as
    DaVinci Resolve writes them.
    """
    path = Path(path)
    lines = _lines(path)
    keywords, first_row = _header(path, lines)
    dimensions, size = _layout(path, keywords)
    low, high = _domain(path, keywords, dimensions)
    rows = size if dimensions == 1 else size**3
    table = _numbers(path, lines[first_row:], rows)
    shape = (size, 3) if dimensions == 1 else (size, size, size, 3)
    try:
        return Lut(
            table=table.reshape(shape).astype(np.float32),
            domain_min=low,
            domain_max=high,
            title=keywords.get("TITLE", "").strip('"'),
        )
    except FrameError as error:
        raise FileError(path, f"its table makes no sense: {error}") from error


def write_lut(path: str | Path, lut: Lut, *, force: bool = False) -> None:
    """Write a table as a .cube file, with the 9 digits that a float32 needs.

    Raises OutputError.
    """
    kind = "LUT_3D_SIZE" if lut.is_cube else "LUT_1D_SIZE"
    title = " ".join(lut.title.replace('"', "'").split())
    head = [
        *([f'TITLE "{title}"'] if title else []),
        f"{kind} {lut.size}",
        f"DOMAIN_MIN {_text(lut.domain_min)}",
        f"DOMAIN_MAX {_text(lut.domain_max)}",
    ]
    rows = [_text(row) for row in lut.table.reshape(-1, 3).tolist()]
    with safe_write(path, force=force) as place:
        place.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


def _text(values: tuple[float, ...] | list[float]) -> str:
    return " ".join(f"{value:.9g}" for value in values)


def _lines(path: Path) -> list[tuple[int, str]]:
    """Line numbers and texts, without comments and blank lines."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LimitError(path, f"a .cube file of more than {MOST_BYTES} bytes is not read")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(path, f"it cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise FileError(path, "it is not text, so not a .cube file") from error
    numbered = ((n, line.strip()) for n, line in enumerate(text.splitlines(), 1))
    return [(n, line) for n, line in numbered if line and not line.startswith("#")]


def _header(path: Path, lines: list[tuple[int, str]]) -> _Header:
    keywords: dict[str, str] = {}
    for index, (number, line) in enumerate(lines):
        word, _, value = line.partition(" ")
        if not word[0].isalpha():
            return _Header(keywords, index)
        if word not in TRIPLES | RANGES | COUNTS.keys() | {"TITLE"}:
            raise FileError(path, f'line {number}: the keyword "{word[:40]}" is not known')
        if word in keywords:
            raise FileError(path, f"line {number}: {word} comes twice")
        keywords[word] = value.strip()
    raise FileError(path, "it holds no numbers, so no table")


def _layout(path: Path, keywords: dict[str, str]) -> tuple[int, int]:
    named = [word for word in COUNTS if word in keywords]
    if len(named) != 1:
        raise FileError(
            path, f"it has {len(named)} of LUT_1D_SIZE and LUT_3D_SIZE; one table has one"
        )
    dimensions, text = COUNTS[named[0]], keywords[named[0]]
    least, most = SIZES[dimensions]
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most):
        raise FileError(path, f'{named[0]} is {least} to {most}, not "{text[:40]}"')
    return dimensions, int(text)


def _domain(
    path: Path, keywords: dict[str, str], dimensions: int
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    span = f"LUT_{dimensions}D_INPUT_RANGE"
    if span in keywords:
        if TRIPLES & keywords.keys():
            raise FileError(path, f"it has both {span} and a DOMAIN; which counts is not said")
        low, high = _floats(path, span, keywords[span], 2)
        return (low, low, low), (high, high, high)
    r0, g0, b0 = _floats(path, "DOMAIN_MIN", keywords.get("DOMAIN_MIN", "0 0 0"), 3)
    r1, g1, b1 = _floats(path, "DOMAIN_MAX", keywords.get("DOMAIN_MAX", "1 1 1"), 3)
    return (r0, g0, b0), (r1, g1, b1)


def _floats(path: Path, word: str, text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split()]
    except ValueError as error:
        raise FileError(path, f'{word} has "{text[:40]}" where numbers belong') from error
    if len(values) != count:
        raise FileError(path, f"{word} has {count} numbers, not {len(values)}")
    return values


def _numbers(path: Path, lines: list[tuple[int, str]], rows: int) -> np.ndarray:
    if len(lines) != rows:
        raise FileError(path, f"its size asks for {rows} rows, but {len(lines)} are there")
    words = [line.split() for _, line in lines]
    for (number, line), row in zip(lines, words, strict=True):
        if len(row) != 3:
            raise FileError(path, f'line {number}: three numbers belong here, not "{line[:40]}"')
    try:
        return np.array(words, dtype=np.float64)
    except ValueError as error:
        raise FileError(path, f"a row is not three numbers ({error})") from error
