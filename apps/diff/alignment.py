"""Which stage of one pipeline stands beside which of another: by name, then by domain."""

from collections.abc import Sequence
from dataclasses import dataclass

from isp.core.domain import Domain

Pair = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where a frame can be looked at: the stage's name, and the frame's domain."""

    name: str
    domain: Domain


def align(first: Sequence[Stop], second: Sequence[Stop]) -> list[Pair]:
    """Pair the stops of two pipelines, in an order that both keep; None stands for nobody.

    Equal names are paired, as many as the order allows. Between them the last stops of a domain
    on either side are paired: there both have done what they do in it.

    >>> raw, camera = Stop("read", Domain.RAW), Domain.CAMERA
    >>> align([raw, Stop("a", camera), Stop("b", camera)], [raw, Stop("c", camera)])
    [(0, 0), (1, None), (2, 1)]
    """
    pairs: list[Pair] = []
    done_a = done_b = 0
    for a, b in [*_by_name(first, second), (len(first), len(second))]:
        pairs += _by_domain(first, second, range(done_a, a), range(done_b, b))
        if a < len(first):
            pairs.append((a, b))
        done_a, done_b = a + 1, b + 1
    return pairs


def _by_name(first: Sequence[Stop], second: Sequence[Stop]) -> list[tuple[int, int]]:
    """The longest row of equal names that rises on both sides."""
    place = {stop.name: index for index, stop in enumerate(second)}
    common = [(a, place[stop.name]) for a, stop in enumerate(first) if stop.name in place]
    rows: list[list[tuple[int, int]]] = []  # the longest that ends at each common name
    for a, b in common:
        before = [row for row in rows if row[-1][1] < b]
        rows.append([*max(before, key=len, default=[]), (a, b)])
    return max(rows, key=len, default=[])


def _by_domain(
    first: Sequence[Stop], second: Sequence[Stop], gap_a: range, gap_b: range
) -> list[Pair]:
    last_a = {first[a].domain: a for a in gap_a}
    last_b = {second[b].domain: b for b in gap_b}
    both = sorted(set(last_a) & set(last_b))
    pairs: list[Pair] = []
    a, b = gap_a.start, gap_b.start
    for domain in both:
        pairs += [(index, None) for index in range(a, last_a[domain])]
        pairs += [(None, index) for index in range(b, last_b[domain])]
        pairs.append((last_a[domain], last_b[domain]))
        a, b = last_a[domain] + 1, last_b[domain] + 1
    pairs += [(index, None) for index in range(a, gap_a.stop)]
    pairs += [(None, index) for index in range(b, gap_b.stop)]
    return pairs
