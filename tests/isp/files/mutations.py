"""Files as an enemy, a bad disk or half a download would make them; each by its number."""

import numpy as np

HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x80", b"\xff\xff\xff\xff\xff\xff\xff\xff")  # fmt: skip
WORDS = (b"1e999", b"-1", b"99999999999999999999", b"0", b"null", b"true", b"[]", b"{}", b'""',
         b"NaN", b"-Infinity", b"1e-320", b'"\\ud800"', b"[[[[[[]]]]]]", b"2.5",
         b"[" * 5000, b'"' + b"x" * 70_000 + b'"', b"\xff\xfe", b"\x00")  # fmt: skip
HEADER = 1024  # bytes in which most formats say how long things are


def mutated(whole: bytes, number: int, *, is_text: bool = False) -> bytes:
    """Return a file with one to three things wrong with it; the same for the same number.

    The draws come from Philox, keyed by the number: any mutation can be made again alone.
    """
    draws = np.random.Generator(np.random.Philox(key=number))
    spoilt = bytearray(whole)
    for _ in range(int(draws.integers(1, 4))):
        kinds = (_word, _word, _word, _cut, _repeat, _remove, _flip) if is_text else (
            _flip, _flip, _huge, _huge, _huge, _cut, _repeat, _remove, _swap
        )  # fmt: skip
        kinds[int(draws.integers(len(kinds)))](spoilt, draws)
        if not spoilt:
            break
    return bytes(spoilt)


def _place(spoilt: bytearray, draws: np.random.Generator) -> int:
    """Somewhere in the file, mostly in its first bytes."""
    end = len(spoilt) if draws.random() < 0.4 else min(len(spoilt), HEADER)
    return int(draws.integers(end))


def _flip(spoilt: bytearray, draws: np.random.Generator) -> None:
    for _ in range(int(draws.integers(1, 9))):
        spoilt[_place(spoilt, draws)] ^= 1 << int(draws.integers(8))


def _huge(spoilt: bytearray, draws: np.random.Generator) -> None:
    start = _place(spoilt, draws) & ~1
    content = HUGE[int(draws.integers(len(HUGE)))]
    spoilt[start : start + len(content)] = content


def _cut(spoilt: bytearray, draws: np.random.Generator) -> None:
    del spoilt[int(draws.integers(len(spoilt))) :]


def _repeat(spoilt: bytearray, draws: np.random.Generator) -> None:
    start = _place(spoilt, draws)
    length = int(draws.integers(1, 257))
    spoilt[start:start] = spoilt[start : start + length] * int(draws.integers(1, 4))


def _remove(spoilt: bytearray, draws: np.random.Generator) -> None:
    start = _place(spoilt, draws)
    del spoilt[start : start + int(draws.integers(1, 65))]


def _swap(spoilt: bytearray, draws: np.random.Generator) -> None:
    one, other = (_place(spoilt, draws) for _ in range(2))
    length = int(draws.integers(1, 13))
    first, second = bytes(spoilt[one : one + length]), bytes(spoilt[other : other + length])
    spoilt[one : one + length] = second
    spoilt[other : other + length] = first


def _word(spoilt: bytearray, draws: np.random.Generator) -> None:
    """Put another value in the place of a number or of a word."""
    tokens = [(m.start(), m.end()) for m in _tokens(bytes(spoilt))]
    if not tokens:
        return
    start, end = tokens[int(draws.integers(len(tokens)))]
    spoilt[start:end] = WORDS[int(draws.integers(len(WORDS)))]


def _tokens(text: bytes):  # type: ignore[no-untyped-def]  # an iterator of matches
    import re

    return re.finditer(rb'-?\d[\d.eE+-]*|"[^"\n]*"|true|false|null', text)
