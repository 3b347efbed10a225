"""ED-3: the adaptive residual layer in bright light, beside either of its heads alone."""

from collections.abc import Iterator, Mapping
from statistics import fmean

from apps.bench.denoising.captures import Case
from apps.bench.denoising.tables import passes_heads, table
from apps.bench.denoising.trained_arms import ARMS, PASSES, REFINED, Arm, Bench, Found, over

TESTED = tuple(Case(camera="SonyA7S2", ratio=r) for r in (100.0, 300.0))
NETWORKS = {
    "adaptive residual": "fw-5k-photon",
    "correction only": "fw-5k-photon-plain",
    "painted anew only": "fw-5k-photon-direct",
}
BANDS = {"bright_db": "light above 0.5 of white", "psnr_db": "all light"}


def collected(bench: Bench) -> dict[str, Found]:
    """By head."""
    return {
        head: bench.trained(Arm(network=network, **ARMS[REFINED]), TESTED)
        for head, network in NETWORKS.items()
    }


def page(runs: Mapping[str, Found]) -> Iterator[str]:
    """PSNR by head and passes, of bright light and of everything."""
    for field, what in BANDS.items():
        yield f"PSNR of {what}, dB:\n"
        rows = [
            (head, *(f"{fmean(over(run, TESTED, n, field)):.2f}" for n in PASSES))
            for head, run in runs.items()
        ]
        yield table(("head", *passes_heads(PASSES)), rows) + "\n"
