"""Moving-block bootstrap of a ratio of quantiles: frames follow each other, and are not alone."""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from isp.core.rng import philox4x32

RESAMPLES = 10_000
KEY = b"fullwell-bench-compare-1"  # a new one is another interval for the same files
AT_ONCE = 4_000_000  # resampled times held in memory
WORDS = 4  # of a Philox block

Values = NDArray[np.float64]


def block_length(n: int) -> int:
    """Frames in a block, ceil(n^(1/3)): long enough to keep what one frame does to the next.

    >>> [block_length(n) for n in (1, 8, 9, 1000, 1001)]
    [1, 2, 3, 10, 11]
    """
    length = round(math.pow(n, 1 / 3))
    return length if length**3 >= n else length + 1


def quantile(times: ArrayLike, q: float) -> float:
    """The nearest rank, sorted[ceil(q n) - 1]: a value that was observed.

    >>> quantile([4, 3, 2, 1], 0.5), quantile(range(1, 1001), 0.99)
    (2.0, 990.0)
    """
    return float(_quantiles(np.asarray(times, dtype=np.float64)[None], (q,))[0, 0])


def resampled(
    times: ArrayLike,
    quantiles: Sequence[float],
    *,
    stream: int,
    resamples: int = RESAMPLES,
    block: int | None = None,
) -> Values:
    """Quantiles of resampled runs, (resamples, quantiles), from blocks that overlap.

    times: of all frames in the order in which they came, in any unit.
    stream: number of the draws: two runs that are resampled independently take two.
    block: frames in a block, `block_length` without it.

    Source: Künsch, Annals of Statistics 17 (1989) 1217-1241; the length by CONVENTIONS section 3.
    """
    values = np.asarray(times, dtype=np.float64)
    n = len(values)
    length = min(block or block_length(n), n)
    blocks = -(-n // length)
    inside = np.arange(length)
    at_once = max(1, AT_ONCE // n)
    parts = []
    for first in range(0, resamples, at_once):
        rows = min(at_once, resamples - first)
        starts = _starts(stream, first, rows, blocks, n - length + 1)
        chosen = (starts[:, :, None] + inside).reshape(rows, -1)[:, :n]
        parts.append(_quantiles(values[chosen], quantiles))
    return np.concatenate(parts)


def _quantiles(rows: Values, quantiles: Sequence[float]) -> Values:
    ranks = [_rank(q, rows.shape[1]) for q in quantiles]
    ordered: Values = np.partition(rows, sorted(set(ranks)), axis=1)[:, ranks]
    return ordered


def _rank(q: float, n: int) -> int:
    """Index of the nearest rank; the product is rounded first, as 0.99 x 100 is 99 in decimals."""
    return max(0, math.ceil(round(q * n, 9)) - 1)


def _starts(stream: int, first: int, rows: int, blocks: int, places: int) -> NDArray[np.int64]:
    """Where the blocks of some resamples begin, each place as likely as another."""
    digest = hashlib.sha256(KEY).digest()
    key = int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")
    column = torch.arange(-(-blocks // WORDS))[None, :]
    row = torch.arange(first, first + rows)[:, None]
    number = torch.full((1, 1), stream)
    words = torch.stack(philox4x32((column, row, number, torch.zeros_like(number)), key), dim=-1)
    return (words.reshape(rows, -1)[:, :blocks] * places >> 32).numpy()
