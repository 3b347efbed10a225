"""A network that is told its noise, beside one as large that was trained on one noise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from statistics import fmean

from apps.bench.denoising.captures import Case
from apps.bench.denoising.tables import gain, table
from apps.bench.denoising.trained_arms import ARMS, SEEDS, SINGLE, Arm, Bench, Found, over
from apps.train.eld_lines import HELD_OUT

TESTED = tuple(
    Case(camera=camera, ratio=ratio) for camera, ratio in product(HELD_OUT, (100.0, 300.0))
)
Runs = Mapping[tuple[str, int], tuple[Found, Found]]


def collected(bench: Bench) -> dict[tuple[str, int], tuple[Found, Found]]:
    """By network and seed: told, fixed."""
    found = {}
    for network, seed in [("fw-5k", s) for s in SEEDS] + [("fw-100k", SEEDS[0])]:
        told = Arm(network=network, seed=seed, **ARMS[SINGLE])
        fixed = replace(told, network=f"{network}-blind", fixed=True)
        runs = [bench.trained(arm, TESTED, (1,)) for arm in (told, fixed)]
        found[network, seed] = (runs[0], runs[1])
    return found


def page(runs: Runs) -> Iterator[str]:
    """Both on the cameras that neither saw."""
    rows = []
    for (network, seed), (told, fixed) in runs.items():
        for case in TESTED:
            a, b = over(told, (case,), 1), over(fixed, (case,), 1)
            numbers = f"{fmean(a):.2f}", f"{fmean(b):.2f}", gain(a, b)
            rows.append((f"{network}, seed {seed}", case.camera, f"x{case.ratio:g}", *numbers))
    yield table(("network", "camera", "ratio", "told, dB", "fixed, dB", "gain, dB"), rows)
