"""Train the judge of defects: `FULLWELL_DATA=DATA python -m apps.defect_training -o JSON`.

It learns from some pictures, its limits are chosen on others, and `apps.defect_scores` reports on
yet others. Every random number has its seed, and it runs on one thread: the same file each time.
"""

import argparse
import json
import math
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path

import torch
from torch import Tensor, nn

from apps.defect_examples import Capture, Examples, chosen_on, examples, joined, learnt
from isp.core.errors import CalibrationError
from isp.files.safe_write import safe_write
from isp.stages.defect_judge import NUMBERS, DefectJudge, weights_of
from isp.stages.dynamic_defects import EVEN_UNITS

HIDDEN = (64, 32)
STEPS = 30_000
DRAWN = 1500  # of each kind to a step
HARDEST = 20_000
WEAK = 15.0  # sigma below which a defect counts twice
FALSE_SHARE = 1e-5  # at most, of the worst kind of picture
# Of the false ones allowed, those that may go to each rule without a judge.
EVEN_PART, CERTAIN_PART = 0.6, 0.2
EVENS = (1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0)
EVEN_SIGMAS = (5.0, 5.5, 6.0, 6.5, 7.0, 8.0, 10.0)
CERTAINS = (10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 100.0)
# The description's numbers that hold asinh of the departure, and log of the noise over the unit.
DEPARTURE, QUIET = NUMBERS - 10, NUMBERS - 8


def trained(data: Examples, steps: int, generator: torch.Generator) -> list[nn.Linear]:
    """Layers that take standardised descriptions, by logistic loss with the hardest drawn too."""
    widths = (NUMBERS, *HIDDEN, 1)
    layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    optimiser = torch.optim.Adam([p for layer in layers for p in layer.parameters()], 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, 1e-5)
    bad, good = (torch.nonzero(data.defective == kind)[:, 0] for kind in (1, 0))
    weak = (data.defective > 0) & (data.amplitude < WEAK)
    weights = torch.where(weak, 2.0, data.weight)
    hardest = good
    for step in range(steps):
        if step and step % 1000 == 0:
            with torch.no_grad():
                odds = torch.cat([_odds(layers, data.numbers[g]) for g in good.split(1 << 16)])
            hardest = good[odds.topk(min(HARDEST, len(good))).indices]
        chosen = torch.cat([
            part[torch.randint(len(part), (DRAWN,), generator=generator)]
            for part in (bad, good, hardest)
        ])  # fmt: skip
        turned = data.numbers[chosen][:, TURNS[step % len(TURNS)]]
        weight = torch.where(torch.arange(3 * DRAWN) < 2 * DRAWN, weights[chosen], 1.0)
        loss = nn.functional.binary_cross_entropy_with_logits(
            _odds(layers, turned), data.defective[chosen], weight
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return layers


def turns() -> list[Tensor]:
    """Orders of the description's numbers after each of the eight turns and mirrorings."""
    square = [(y, x) for y in range(-3, 4) for x in range(-3, 4) if (y, x) != (0, 0)]
    ring = [(y, x) for y, x in square if max(abs(y), abs(x)) == 1]
    orders = []
    for turn in range(8):

        def moved(place: tuple[int, int], turn: int = turn) -> tuple[int, int]:
            y, x = place
            y, x = (-y if turn & 2 else y), (-x if turn & 1 else x)
            return (x, y) if turn & 4 else (y, x)

        wide = [square.index(moved(place)) for place in square]
        near = [ring.index(moved(place)) for place in ring]
        rest = list(range(2 * len(square) + len(ring), NUMBERS))
        order = [*wide, *(48 + at for at in wide), *(96 + at for at in near), *rest]
        orders.append(torch.tensor(order))
    return orders


TURNS = turns()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What stands out of captures of one kind, (n,) each, and how many photosites there are.

    departure: in units of the surroundings. sigmas: in standard deviations of noise.
    """

    odds: Tensor
    departure: Tensor
    sigmas: Tensor
    texture: Tensor
    defective: Tensor
    photosites: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on a photosite is a defect; false_share: of the worst kind; recall: of all."""

    log_odds: float
    even: float
    even_sigmas: float
    certain: float
    false_share: float
    recall: float


def judged(captures: Iterable[Capture], judge: DefectJudge) -> list[Judged]:
    """What a judge says of all that stands out, by kind of picture and how it was captured."""
    kinds: dict[tuple[int, int], list[Judged]] = defaultdict(list)
    for capture in captures:
        seen = examples(capture, None)
        with torch.no_grad():
            odds = judge(seen.numbers)
        departure = seen.numbers[:, DEPARTURE].sinh().abs()
        kinds[capture.kind, capture.seed % 1000].append(
            Judged(
                odds=odds, departure=departure, texture=seen.texture,
                sigmas=departure / seen.numbers[:, QUIET].exp(),
                defective=seen.defective > 0, photosites=capture.mosaic.numel(),
            )
        )  # fmt: skip
    return [
        Judged(
            odds=torch.cat([j.odds for j in kind]),
            departure=torch.cat([j.departure for j in kind]),
            sigmas=torch.cat([j.sigmas for j in kind]),
            texture=torch.cat([j.texture for j in kind]),
            defective=torch.cat([j.defective for j in kind]),
            photosites=sum(j.photosites for j in kind),
        )
        for kind in kinds.values()
    ]


def limits(kinds: Sequence[Judged]) -> Limits:
    """The widest limits at which no kind of picture has more than 1e-5 false.

    The rules without a judge may have 60 % (even light) and 20 % of these: of the settings that
    keep to it, the one that finds most. Then the least log odds with what is left.

    Raises CalibrationError when not even the narrowest of a rule keeps to its share.
    """
    reaches = _widest(kinds, [(c,) for c in CERTAINS], _is_certain, CERTAIN_PART)
    evens = _widest(kinds, list(product(EVENS, EVEN_SIGMAS)), _is_even, EVEN_PART)
    least = []
    for kind in kinds:
        unjudged = _is_certain(kind, *reaches) | _is_even(kind, *evens)
        allowed = int(FALSE_SHARE * kind.photosites) - int((unjudged & ~kind.defective).sum())
        left = kind.odds[~unjudged & ~kind.defective].sort(descending=True).values
        least.append(float(left[allowed]) if allowed < len(left) else -math.inf)
    log_odds = max(least)
    found = [_is_certain(k, *reaches) | _is_even(k, *evens) | (k.odds > log_odds) for k in kinds]
    pairs = list(zip(found, kinds, strict=True))
    return Limits(
        log_odds=log_odds, certain=reaches[0], even=evens[0], even_sigmas=evens[1],
        false_share=max(int((f & ~k.defective).sum()) / k.photosites for f, k in pairs),
        recall=sum(int((f & k.defective).sum()) for f, k in pairs)
        / max(sum(int(k.defective.sum()) for k in kinds), 1),
    )  # fmt: skip


def learned_weights(folder: Path, steps: int = STEPS) -> dict[str, object]:
    """Train on the pictures of a folder and the scenes; the weights as they are stored."""
    data = joined([examples(capture) for capture in learnt(folder)])
    mean, spread = standards(data.numbers)
    standard = replace(data, numbers=(data.numbers - mean) / spread)
    del data
    generator = torch.Generator().manual_seed(3)
    weights = weights_of(trained(standard, steps, generator), mean, spread)
    del standard
    nobody = {"even": 0.0, "even_sigmas": 0.0, "certain": 0.0}
    chosen = limits(judged(chosen_on(folder), DefectJudge(weights | nobody)))
    print(chosen, file=sys.stderr)
    # Log odds count from the limit.
    last = weights["layers"][-1]
    last["bias"] = [float(f"{value - chosen.log_odds:.5g}") for value in last["bias"]]
    return weights | {
        "even": chosen.even, "even_sigmas": chosen.even_sigmas, "certain": chosen.certain,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Capture, train and write; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.defect_training")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON of weights to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    parser.add_argument("--steps", type=int, default=STEPS)
    asked = parser.parse_args(arguments)
    folder = os.environ.get("FULLWELL_DATA")
    if folder is None:
        print("error: set FULLWELL_DATA to the folder of the real data", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    text = json.dumps(learned_weights(Path(folder), asked.steps), separators=(",", ":"))
    with safe_write(asked.output, force=asked.force) as place:
        place.write_text(text, encoding="utf-8")
    return 0


def standards(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each number, the same for all that a turn exchanges."""
    mean, spread = numbers.mean(dim=0), numbers.std(dim=0) + 1e-3
    for part in (slice(0, 48), slice(48, 96), slice(96, 104)):
        mean[part], spread[part] = mean[part].mean(), spread[part].mean()
    return mean, spread


def _is_certain(kind: Judged, certain: float) -> Tensor:
    return kind.departure > certain


def _is_even(kind: Judged, even: float, sigmas: float) -> Tensor:
    is_even = (kind.texture < even) & (kind.sigmas < EVEN_UNITS * kind.departure)
    return is_even & (kind.sigmas > sigmas)


def _widest(
    kinds: Sequence[Judged],
    settings: Sequence[tuple[float, ...]],
    rule: Callable[..., Tensor],
    part: float,
) -> tuple[float, ...]:
    """The setting by which a rule finds most defects, with no more false ones than it may have."""
    best: tuple[int, tuple[float, ...]] | None = None
    for setting in settings:
        found = [rule(kind, *setting) for kind in kinds]
        if all(
            int((f & ~k.defective).sum()) <= part * FALSE_SHARE * k.photosites
            for f, k in zip(found, kinds, strict=True)
        ):
            right = sum(int((f & k.defective).sum()) for f, k in zip(found, kinds, strict=True))
            if best is None or right > best[0]:
                best = right, setting
    if best is None:
        raise CalibrationError(f"none of {len(settings)} settings has as few false ones as it may")
    return best[1]


def _odds(layers: Sequence[nn.Linear], values: Tensor) -> Tensor:
    for layer in layers[:-1]:
        values = torch.relu(layer(values))
    odds: Tensor = layers[-1](values)
    return odds[:, 0]


if __name__ == "__main__":
    sys.exit(main())
