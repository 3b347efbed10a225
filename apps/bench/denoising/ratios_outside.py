"""ED-4: ratios that training did not hold."""

from collections.abc import Iterator, Mapping
from statistics import fmean

from apps.bench.denoising.captures import Case
from apps.bench.denoising.tables import table
from apps.bench.denoising.trained_arms import (
    ARMS,
    PASSES,
    RATIOS,
    REFINED,
    SINGLE,
    Arm,
    Bench,
    Found,
    over,
)

NETWORK = "fw-5k-photon"
ONE = (100.0, 100.0)
TESTED = tuple(Case(camera="SonyA7S2", ratio=r) for r in (10.0, 30.0, 100.0, 250.0, 300.0, 600.0))
Runs = Mapping[tuple[str, str], Found]


def collected(bench: Bench) -> dict[tuple[str, str], Found]:
    """By ratios trained on and arm."""
    ranges = (("x100", ONE), ("x20 to x300", RATIOS))
    trained = [(said, ratios, name) for said, ratios in ranges for name in (SINGLE, REFINED)]
    return {
        (said, name): bench.trained(Arm(network=NETWORK, ratios=ratios, **ARMS[name]), TESTED)
        for said, ratios, name in trained
    }


def page(runs: Runs) -> Iterator[str]:
    """PSNR by ratio and passes."""
    rows = [
        (said, name, str(count), *(f"{fmean(over(run, (c,), count)):.2f}" for c in TESTED))
        for (said, name), run in runs.items()
        for count in (PASSES if name == REFINED else PASSES[:1])
    ]
    yield table(("ratios", "trained as", "passes", *(f"x{c.ratio:g}" for c in TESTED)), rows)
