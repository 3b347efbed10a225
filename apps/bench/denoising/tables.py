"""Tables of Markdown."""

from collections.abc import Sequence
from statistics import fmean

from apps.bench.denoising.scene_scores import interval


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, numbers to the right.

    >>> print(table(("a", "b"), [("x", "1")]))
    | a | b |
    |---|---:|
    | x | 1 |
    """
    rule = "|---|" + "---:|" * (len(heads) - 1)
    return "\n".join([_line(heads), rule, *(_line(row) for row in rows)])


def signed(number: float) -> str:
    """Two decimals with their sign.

    >>> signed(0.5), signed(-1)
    ('+0.50', '-1.00')
    """
    return f"{number:+.2f}"


def gain(mine: Sequence[float], theirs: Sequence[float]) -> str:
    """Mean difference of paired numbers and its 95 % interval."""
    differences = [a - b for a, b in zip(mine, theirs, strict=True)]
    low, high = interval(differences)
    return f"{signed(fmean(differences))} ({signed(low)} to {signed(high)})"


def passes_heads(passes: Sequence[int]) -> list[str]:
    """Headings of columns.

    >>> passes_heads((1, 3))
    ['1 pass', '3 passes']
    """
    return [f"{n} pass{'es' * (n > 1)}" for n in passes]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
