"""ED-1: what progressive refinement gains, with equal inputs and equal compute of training."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from statistics import fmean, stdev

from apps.bench.denoising.captures import Case
from apps.bench.denoising.tables import gain, passes_heads, table
from apps.bench.denoising.trained_arms import (
    ARMS,
    PASSES,
    SEEDS,
    SINGLE,
    Arm,
    Bench,
    Found,
    over,
)

NETWORKS = ("fw-5k", "fw-5k-photon")
TESTED = tuple(
    Case(camera=camera, ratio=ratio)
    for camera, ratio in product(("SonyA7S2", "NikonD850", "CanonEOS700D"), (100.0, 300.0))
)
FIELDS = (("psnr_db", "PSNR in dB", 1.0), ("ssim", "hundredths of SSIM", 100.0))
Runs = Mapping[str, Sequence[Found]]


def collected(bench: Bench) -> dict[str, Runs]:
    """By network, each arm's runs, one a seed."""
    return {network: _runs(bench, network) for network in NETWORKS}


def page(found: Mapping[str, Runs]) -> Iterator[str]:
    """Every arm at every number of passes, and what refinement gains."""
    for network, runs in found.items():
        yield f"\n### {network}\n"
        heads = ("trained as", *passes_heads(PASSES), "SSIM, 1", "SSIM, best of more")
        yield table(heads, [_row(name, seeds) for name, seeds in runs.items()])
        for field, what, scale in FIELDS:
            yield f"\nAgainst one pass of {SINGLE}, over scenes and seeds, {what}:\n"
            yield table(("trained as", *passes_heads(PASSES)), list(_gains(runs, field, scale)))


def _runs(bench: Bench, network: str) -> Runs:
    return {
        name: [bench.trained(Arm(network=network, seed=s, **how), TESTED) for s in SEEDS]
        for name, how in ARMS.items()
    }


def _row(name: str, seeds: Sequence[Found]) -> Sequence[str]:
    cells = []
    for count in PASSES:
        means = [fmean(over(seed, TESTED, count)) for seed in seeds]
        cells.append(f"{fmean(means):.2f} +- {stdev(means):.2f}")

    def ssim(seed: Found, count: int) -> float:
        return fmean(over(seed, TESTED, count, "ssim"))

    first = fmean(ssim(seed, 1) for seed in seeds)
    best = fmean(max(ssim(seed, n) for n in PASSES[1:]) for seed in seeds)
    return name, *cells, f"{first:.4f}", f"{best:.4f}"


def _gains(runs: Runs, field: str, scale: float) -> Iterator[Sequence[str]]:
    def numbers(name: str, passes: int) -> list[float]:
        return [scale * v for seed in runs[name] for v in over(seed, TESTED, passes, field)]

    base = numbers(SINGLE, 1)
    for name in [*ARMS][1:]:
        yield name, *(gain(numbers(name, passes), base) for passes in PASSES)
