"""Tables of Markdown."""

from collections.abc import Sequence


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


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
