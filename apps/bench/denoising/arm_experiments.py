"""What refinement gains: the experiments of the account that train networks of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from statistics import fmean, stdev
from typing import Any

from apps.bench.denoising.captures import RATIOS, Case
from apps.bench.denoising.scene_scores import interval
from apps.bench.denoising.tables import signed, table
from apps.bench.denoising.trained_arms import ARMS, PASSES, SEEDS, Arm, Bench, key
from apps.train.training_cameras import NOISES

TESTED = tuple(
    Case(camera=camera, ratio=ratio)
    for camera, ratio in product(("SonyA7S2", "NikonD850", "CanonEOS700D"), (100.0, 300.0))
)
UNSEEN = tuple(
    Case(camera=camera, ratio=ratio)
    for camera, ratio in product(("NikonD850", "CanonEOS700D"), (100.0, 300.0))
)
NOISY = tuple(Case(camera="SonyA7S2", ratio=r, noise=n) for n, r in product(NOISES, RATIOS))
OUTSIDE = tuple(Case(camera="SonyA7S2", ratio=r) for r in (10.0, 30.0, 100.0, 250.0, 300.0, 600.0))
LAMPS = tuple(Case(camera="SonyA7S2", ratio=r) for r in (100.0, 300.0))
LAST = list(ARMS)[1:3]  # single pass and ExposureDiffusion at equal compute of training
Found = Mapping[str, Any]


def refinement(bench: Bench, network: str) -> dict[str, list[Found]]:
    """ED-1: each arm's runs, one a seed."""
    return {
        name: [bench.trained(Arm(network=network, seed=s, **how), TESTED) for s in SEEDS]
        for name, how in ARMS.items()
    }


def refinement_page(network: str, runs: Mapping[str, Sequence[Found]]) -> Iterator[str]:
    """The arms at every number of passes, and what refinement gains at equal compute."""
    rows = []
    for name, seeds in runs.items():
        cells = []
        for count in PASSES:
            means = [fmean(_over(seed, TESTED, count)) for seed in seeds]
            cells.append(f"{fmean(means):.2f} +- {stdev(means):.2f}")
        ssims = [fmean(_over(seed, TESTED, 1, "ssim")) for seed in seeds]
        most = [max(fmean(_over(seed, TESTED, n, "ssim")) for n in PASSES[1:]) for seed in seeds]
        rows.append((name, *cells, f"{fmean(ssims):.4f}", f"{fmean(most):.4f}"))
    heads = (*(f"{n} pass" + "es" * (n > 1) for n in PASSES), "SSIM, 1", "SSIM, best of more")
    yield f"\n### {network}\n"
    yield table(("trained as", *heads), rows)
    base = runs[LAST[0]]
    lines = []
    for name in list(ARMS)[2:]:
        for count in PASSES:
            gains = [
                a - b
                for mine, theirs in zip(runs[name], base, strict=True)
                for a, b in zip(_over(mine, TESTED, count), _over(theirs, TESTED, 1), strict=True)
            ]
            low, high = interval(gains)
            lines.append(
                (name, str(count), f"{signed(fmean(gains))} ({signed(low)} to {signed(high)})")
            )
    yield f"\nAgainst one pass of the network trained as long by one pass ({LAST[0]}), dB:\n"
    yield table(("trained as", "passes", "gain, dB"), lines)


def mismatch(bench: Bench, network: str) -> dict[tuple[str, str], Found]:
    """ED-2: runs by noise trained on and arm."""
    return {
        (noise, name): bench.trained(Arm(network=network, noise=noise, **ARMS[name]), NOISY, (1, 3))
        for noise, name in product(NOISES, LAST)
    }


def mismatch_page(network: str, runs: Mapping[tuple[str, str], Found]) -> Iterator[str]:
    """Gain of refinement over the single pass: by noise trained on, noise tested, ratio."""
    rows = []
    for trained, tested, ratio in product(NOISES, NOISES, RATIOS):
        case = (Case(camera="SonyA7S2", ratio=ratio, noise=tested),)
        single, refined = (runs[trained, name] for name in LAST)
        base = _over(single, case, 1)
        cells = [f"{fmean(base):.2f}"]
        for count in (1, 3):
            gains = [a - b for a, b in zip(_over(refined, case, count), base, strict=True)]
            low, high = interval(gains)
            cells.append(f"{signed(fmean(gains))} ({signed(low)} to {signed(high)})")
        rows.append((trained, tested, f"x{ratio:g}", *cells))
    yield f"\n### {network}\n"
    yield table(
        ("trained on", "tested on", "ratio", "single pass, dB", "refined, 1 pass", "3 passes"), rows
    )


def highlights(bench: Bench) -> dict[str, Found]:
    """ED-3: one network with either head, or both and the layer that mixes them."""
    names = {
        "adaptive residual": "fw-5k-photon", "correction only": "fw-5k-photon-plain",
        "painted anew only": "fw-5k-photon-direct",
    }  # fmt: skip
    how = ARMS[LAST[1]]
    return {
        head: bench.trained(Arm(network=net, **how), LAMPS, PASSES) for head, net in names.items()
    }


def highlights_page(runs: Mapping[str, Found]) -> Iterator[str]:
    """PSNR in light above half of white, and of everything, by passes."""
    for field, what in (("bright_db", "light above 0.5 of white"), ("psnr_db", "all light")):
        yield f"\nPSNR of {what}, dB:\n"
        yield table(
            ("head", *(f"{n} pass" + "es" * (n > 1) for n in PASSES)),
            [
                (head, *(f"{fmean(_over(run, LAMPS, n, field)):.2f}" for n in PASSES))
                for head, run in runs.items()
            ],
        )


def outside(bench: Bench) -> dict[str, Found]:
    """ED-4: trained at ratio 100 only, and by one pass at all ratios."""
    only = (100.0, 100.0)
    return {
        f"x100 only, {name}": bench.trained(
            Arm(network="fw-5k-photon", ratios=only, **ARMS[name]), OUTSIDE
        )
        for name in LAST
    } | {
        f"x20 to x300, {LAST[0]}": bench.trained(
            Arm(network="fw-5k-photon", **ARMS[LAST[0]]), OUTSIDE
        )
    }


def outside_page(runs: Mapping[str, Found]) -> Iterator[str]:
    """PSNR by ratio and passes."""
    rows = []
    for name, run in runs.items():
        for count in PASSES if "ExposureDiffusion" in name else PASSES[:1]:
            rows.append(
                (name, str(count), *(f"{fmean(_over(run, (c,), count)):.2f}" for c in OUTSIDE))
            )
    yield table(("trained on", "passes", *(f"x{c.ratio:g}" for c in OUTSIDE)), rows)


def fixed_noise(bench: Bench) -> dict[tuple[str, int], tuple[Found, Found]]:
    """A network told its noise, and one as large trained on one noise only, by seed."""
    wanted = [("fw-5k", s) for s in SEEDS] + [("fw-100k", 0)]
    found = {}
    for network, seed in wanted:
        told = Arm(network=network, seed=seed, **ARMS[LAST[0]])
        fixed = replace(told, network=f"{network}-blind", fixed=True)
        found[network, seed] = (
            bench.trained(told, UNSEEN, (1,)), bench.trained(fixed, UNSEEN, (1,))
        )  # fmt: skip
    return found


def fixed_noise_page(runs: Mapping[tuple[str, int], tuple[Found, Found]]) -> Iterator[str]:
    """Both on the cameras that neither saw."""
    rows = []
    for (network, seed), (told, fixed) in runs.items():
        for case in UNSEEN:
            a, b = _over(told, (case,), 1), _over(fixed, (case,), 1)
            gains = [x - y for x, y in zip(a, b, strict=True)]
            low, high = interval(gains)
            rows.append(
                (f"{network}, seed {seed}", case.camera, f"x{case.ratio:g}", f"{fmean(a):.2f}",
                 f"{fmean(b):.2f}", f"{signed(fmean(gains))} ({signed(low)} to {signed(high)})")
            )  # fmt: skip
    yield table(("network", "camera", "ratio", "told, dB", "fixed, dB", "gain"), rows)


def _over(run: Found, cases: Sequence[Case], passes: int, name: str = "psnr_db") -> list[float]:
    """Each scene's mean over the cases."""
    columns = [run["scores"][key(case, passes)][name] for case in cases]
    per_scene = [[v for v in each if v is not None] for each in zip(*columns, strict=True)]
    return [fmean(each) for each in per_scene if each]
