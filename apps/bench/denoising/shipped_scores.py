"""Part one of the account: what ships, beside classical methods, on every camera and ratio."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from statistics import fmean
from typing import Any

from apps.bench.denoising.captures import CAMERAS, RATIOS, Case
from apps.bench.denoising.methods import Method, amplified, classical, shipped, vst_bm3d
from apps.bench.denoising.scene_scores import interval, mean, scores
from apps.bench.denoising.tables import signed, table
from apps.bench.denoising.trained_arms import Bench
from apps.train.eld_lines import HELD_OUT
from enhance.weights import read_card

OURS = ("fw-5k", "fw-100k", "fw-1m")
WANTED_DB = {"fw-5k": 0.0, "fw-100k": 1.0, "fw-1m": 2.0}
PEERS: dict[str, Method] = {
    "amplified": amplified,
    "classical": classical,
    "VST+BM3D": vst_bm3d,
    "VST+BM3D, planes together": partial(vst_bm3d, together=True),
}
CURVE = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 600.0)  # ratios, trained on up to 400
CURVE_CAMERA = "SonyA7S2"
Table = dict[tuple[str, Case], dict[str, Any]]


def collected(bench: Bench) -> tuple[Table, Table]:
    """Scores of every method in every case, and along the ratios."""
    everywhere = [Case(camera=c, ratio=r) for c, r in product(CAMERAS, RATIOS)]
    along = [Case(camera=CURVE_CAMERA, ratio=r) for r in CURVE]
    quick = [name for name in PEERS if "BM3D" not in name]
    return (
        {(m, c): _scored(bench, m, c) for c in everywhere for m in (*PEERS, *OURS)},
        {(m, c): _scored(bench, m, c) for c in along for m in (*quick, *OURS)},
    )


def _scored(bench: Bench, method: str, case: Case) -> dict[str, Any]:
    run: dict[str, Any] = {"method": method, "case": case.record()}
    if method in OURS:
        run["sha256"] = read_card(method).sha256

    def make() -> dict[str, Any]:
        bench.tell(f"{method}, {case.camera} x{case.ratio:g}")
        return scores(bench.data, case, PEERS.get(method) or shipped(method))

    return bench.records.result(run, make)


def page(everywhere: Table, along: Table) -> Iterator[str]:
    """Markdown of both tables, with what is short of the mark."""
    cases = list(dict.fromkeys(case for _, case in everywhere))
    methods = (*PEERS, *OURS)
    yield "## What ships, beside VST+BM3D\n"
    yield (
        "PSNR in dB, mean over the scenes; packed linear raw, peak 1, nothing corrected. "
        "*: never trained on.\n"
    )
    yield table(
        ("camera", "ratio", *methods),
        [
            (_named(c), f"x{c.ratio:g}", *(f"{mean(everywhere[m, c]):.2f}" for m in methods))
            for c in cases
        ],
    )
    yield "\nHow far ahead of VST+BM3D (planes by themselves, as it is used), mean over cameras, with a 95 % interval over scenes; what was asked for, and what is missing.\n"
    yield table(("network", "ratio", "ahead, dB", "asked", "short"), list(_ahead(everywhere)))
    yield "\nAll cases together. SSIM of Wang 2004. Corrected: after the one factor of brightness that knows the answer, as published tables have it. Dark: light under 0.02 of white. Time: CPU seconds a megapixel, one core, and how many times VST+BM3D takes as long.\n"
    yield table(
        ("method", "PSNR", "corrected", "dark", "SSIM", "mean error, % of white", "CPU s/MP",
         "VST+BM3D takes"),
        [_together(everywhere, m, cases) for m in methods],
    )  # fmt: skip
    yield "\n## Against the ratio\n"
    yield (
        f"{CURVE_CAMERA}, PSNR in dB. *Photons*: the capture made as bright as the reference if "
        "nothing but photon noise were in it, by theory: what no method without a prior passes.\n"
    )
    yield "![PSNR against ratio](images/exposure-diffusion-ratio.png)\n"


def _named(case: Case) -> str:
    return case.camera + ("*" if case.camera in HELD_OUT else "")


def _ahead(everywhere: Table) -> Iterator[Sequence[str]]:
    for name, ratio in product(OURS, RATIOS):
        # One mean over cameras for each scene: cameras see the same scenes.
        columns = [
            [a - b for a, b in zip(
                everywhere[name, c]["psnr_db"], everywhere["VST+BM3D", c]["psnr_db"], strict=True
            )]
            for m, c in everywhere if m == name and c.ratio == ratio
        ]  # fmt: skip
        scenes = [fmean(each) for each in zip(*columns, strict=True)]
        ahead, (low, high) = fmean(scenes), interval(scenes)
        short = max(0.0, WANTED_DB[name] - ahead)
        yield (
            name, f"x{ratio:g}", f"{signed(ahead)} ({signed(low)} to {signed(high)})",
            f"{WANTED_DB[name]:g}", f"{short:.2f}" if short else "-",
        )  # fmt: skip


def _together(everywhere: Table, method: str, cases: Sequence[Case]) -> Sequence[str]:
    def over(name: str, of: str = method) -> float:
        return fmean(
            mean(everywhere[of, c], name) if isinstance(everywhere[of, c][name], list)
            else everywhere[of, c][name]
            for c in cases
        )  # fmt: skip

    own = over("cpu_s_per_mp")
    times = over("cpu_s_per_mp", "VST+BM3D") / own if own > 0 else 0.0
    return (
        method, f"{over('psnr_db'):.2f}", f"{over('corrected_db'):.2f}", f"{over('dark_db'):.2f}",
        f"{over('ssim'):.4f}", f"{100 * over('bias'):+.3f}", f"{own:.3g}", f"{times:.3g}x",
    )  # fmt: skip
