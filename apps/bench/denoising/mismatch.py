"""ED-2: noise that was not trained on, and size: what refinement gains over a single pass."""

from collections.abc import Iterator, Mapping
from itertools import product
from statistics import fmean

from apps.bench.denoising.captures import RATIOS, Case
from apps.bench.denoising.tables import gain, table
from apps.bench.denoising.trained_arms import ARMS, REFINED, SINGLE, Arm, Bench, Found, over
from apps.train.training_cameras import NOISES

NETWORKS = ("fw-5k", "fw-100k")
TESTED = tuple(Case(camera="SonyA7S2", ratio=r, noise=n) for n, r in product(NOISES, RATIOS))
PASSES = (1, 3)
Runs = Mapping[tuple[str, str], Found]


def collected(bench: Bench) -> dict[str, Runs]:
    """By network, then by noise trained on and arm."""
    return {
        network: {
            (noise, name): bench.trained(
                Arm(network=network, noise=noise, **ARMS[name]), TESTED, PASSES
            )
            for noise, name in product(NOISES, (SINGLE, REFINED))
        }
        for network in NETWORKS
    }


def page(found: Mapping[str, Runs]) -> Iterator[str]:
    """PSNR of the single pass, and what the refined network gains, cell by cell."""
    for network, runs in found.items():
        rows = []
        for trained, tested, ratio in product(NOISES, NOISES, RATIOS):
            case = (Case(camera="SonyA7S2", ratio=ratio, noise=tested),)
            base = over(runs[trained, SINGLE], case, 1)
            gains = (gain(over(runs[trained, REFINED], case, count), base) for count in PASSES)
            rows.append((trained, tested, f"x{ratio:g}", f"{fmean(base):.2f}", *gains))
        yield f"\n### {network}\n"
        heads = ("trained on", "tested on", "ratio", "single pass", "refined, 1 pass", "3 passes")
        yield table(heads, rows)
