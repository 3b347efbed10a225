"""How a recipe's stages can be put together from parts that were timed."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from apps.bench.planning.measured import How, Part, Steps

Price = Callable[[Part], float]
Cover = tuple[Part, ...]
FULL = "fp32"


def covers(steps: Steps, parts: Iterable[Part], price: Price) -> list[Cover]:
    """Ways to run the stages: each `How` alone, then the fastest mixture in each precision.

    Of one `How` the longest parts are taken: a whole that was timed counts more than the sum of
    its stages. A mixture stays on one side of the bus, since copies were not timed.
    """
    known = list(parts)
    hows = sorted({part.how for part in known}, key=str)
    found = [_cover(steps, [p for p in known if p.how == how], lambda p: (1.0, price(p)))
             for how in hows]  # fmt: skip
    for allowed in _mixtures(hows):
        mixed = _cover(steps, [p for p in known if p.how in allowed], lambda p: (price(p), 1.0))
        if mixed is not None and len({part.how for part in mixed}) > 1:
            found.append(mixed)
    return list(dict.fromkeys(cover for cover in found if cover is not None))


def missing(steps: Steps, parts: Iterable[Part]) -> list[str]:
    """Stages that no part was timed of."""
    timed = {step for part in parts for step in part.steps}
    return [named(step) for step in steps if step not in timed]


def named(step: tuple[str, str]) -> str:
    """A stage for a person, a network with its name.

    >>> named(("exposure_diffusion", '{"model": "fw-5k"}')), named(("tone", "{}"))
    ('exposure_diffusion fw-5k', 'tone')
    """
    model = json.loads(step[1]).get("model")
    return step[0] if model is None else f"{step[0]} {model}"


def _mixtures(hows: Sequence[How]) -> list[set[How]]:
    """What may be mixed: full precision alone, or with one coarser; CPU or card."""
    found: list[set[How]] = []
    for on_card in (False, True):
        here = {how for how in hows if how.on_card is on_card}
        coarse = sorted({how.precision for how in here} - {FULL})
        found += [
            {how for how in here if how.precision in {FULL, *more}}
            for more in [(), *((name,) for name in coarse)]
        ]
    return found


def _cover(
    steps: Steps, parts: Sequence[Part], weight: Callable[[Part], tuple[float, float]]
) -> Cover | None:
    """The cheapest row of parts that holds the stages in order, by the sum of the weights."""
    best: dict[int, tuple[tuple[float, float], Cover]] = {len(steps): ((0.0, 0.0), ())}
    for at in range(len(steps) - 1, -1, -1):
        reached = []
        for part in parts:
            end = at + len(part.steps)
            if part.steps and steps[at:end] == part.steps and end in best:
                total, rest = best[end]
                own = weight(part)
                reached.append(((own[0] + total[0], own[1] + total[1]), (part, *rest)))
        if reached:
            best[at] = min(reached, key=lambda entry: entry[0])
    return best[0][1] if 0 in best else None


def hows_of(cover: Cover) -> str:
    """How a cover runs, for a person: one word for all, or stage by stage what differs."""
    if len({part.how for part in cover}) == 1:
        return str(cover[0].how)
    runs: list[tuple[How, list[str]]] = []
    for part in cover:
        names = [named(step) for step in part.steps]
        label = names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}"
        if runs and runs[-1][0] == part.how:
            runs[-1][1].append(label)
        else:
            runs.append((part.how, [label]))
    return "; ".join(f"{', '.join(labels)}: {how}" for how, labels in runs)


def parts_of(cover: Cover) -> list[Mapping[str, object]]:
    """A cover as plain values."""
    return [
        {"stages": [named(step) for step in part.steps], "variant": part.how.variant,
         "provider": part.how.provider, "precision": part.how.precision}
        for part in cover
    ]  # fmt: skip
