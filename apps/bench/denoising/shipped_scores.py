"""Part one of the account: what ships, beside classical methods, on every camera and ratio."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from statistics import fmean
from typing import Any

from apps.bench.denoising.captures import CAMERAS, RATIOS, Case
from apps.bench.denoising.methods import Method, amplified, classical, shipped, vst_bm3d
from apps.bench.denoising.scene_scores import mean, scores
from apps.bench.denoising.tables import gain, table
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
SAID = (
    "PSNR in dB, mean over the scenes; packed linear raw, peak 1, nothing corrected. Every method "
    "is told the same noise. *: never trained on."
)
AHEAD = (
    "How far ahead of VST+BM3D, each plane by itself, as it is used; mean over the cameras, with a "
    "95 % interval over scenes; what was asked for, and what is missing:"
)
SHORT = "Single cases under the mark:"
ALL = (
    "All cases together. SSIM: Wang 2004. Corrected: after the one factor of brightness that knows "
    "the answer, as published tables have it. Dark: light under 0.02 of white. Time: CPU seconds "
    "a megapixel, and how many times as long VST+BM3D takes."
)
Table = dict[tuple[str, Case], dict[str, Any]]


def collected(bench: Bench) -> Table:
    """Scores of every method in every case."""
    cases = [Case(camera=camera, ratio=ratio) for camera, ratio in product(CAMERAS, RATIOS)]
    return {(m, c): scored(bench, m, c) for c in cases for m in (*PEERS, *OURS)}


def scored(bench: Bench, method: str, case: Case) -> dict[str, Any]:
    """Scores of a method, of shipped weights by what they are."""
    run: dict[str, Any] = {"method": method, "case": case.record()}
    if method in OURS:
        run["sha256"] = read_card(method).sha256

    def make() -> dict[str, Any]:
        bench.tell(f"{method}, {case.camera} x{case.ratio:g}")
        return scores(bench.data, case, PEERS.get(method) or shipped(method))

    return bench.records.result(run, make)


def page(found: Table) -> Iterator[str]:
    """Every camera and ratio, what is short of the mark, and all cases together."""
    cases = list(dict.fromkeys(case for _, case in found))
    methods = (*PEERS, *OURS)
    rows = [
        (_named(c), f"x{c.ratio:g}", *(f"{mean(found[m, c]):.2f}" for m in methods)) for c in cases
    ]
    yield table(("camera", "ratio", *methods), rows)
    yield f"\n{AHEAD}\n"
    yield table(("network", "ratio", "ahead, dB", "asked", "short"), list(_ahead(found)))
    yield f"\n{SHORT}\n"
    yield table(("network", "camera", "ratio", "ahead, dB", "asked", "short"), list(_short(found)))
    yield f"\n{ALL}\n"
    heads = (
        "method", "PSNR", "corrected", "dark", "SSIM", "mean error, % of white", "CPU s/MP",
        "VST+BM3D takes",
    )  # fmt: skip
    yield table(heads, [_together(found, m, cases) for m in methods])


def _named(case: Case) -> str:
    return case.camera + ("*" if case.camera in HELD_OUT else "")


def _ahead(found: Table) -> Iterator[Sequence[str]]:
    for name, ratio in product(OURS, RATIOS):
        cases = [c for m, c in found if m == name and c.ratio == ratio]
        # Cameras see the same scenes: a scene is one draw, whichever sees it.
        mine, theirs = (
            [fmean(each) for each in zip(*(found[m, c]["psnr_db"] for c in cases), strict=True)]
            for m in (name, "VST+BM3D")
        )
        short = WANTED_DB[name] - (fmean(mine) - fmean(theirs))
        missing = f"{short:.2f}" if short > 0 else "-"
        yield name, f"x{ratio:g}", gain(mine, theirs), f"{WANTED_DB[name]:g}", missing


def _short(found: Table) -> Iterator[Sequence[str]]:
    """Single cases under the mark."""
    for (name, case), own in found.items():
        if name in OURS:
            theirs = found["VST+BM3D", case]["psnr_db"]
            ahead = fmean(own["psnr_db"]) - fmean(theirs)
            if ahead < WANTED_DB[name]:
                yield (
                    name, _named(case), f"x{case.ratio:g}", gain(own["psnr_db"], theirs),
                    f"{WANTED_DB[name]:g}", f"{WANTED_DB[name] - ahead:.2f}",
                )  # fmt: skip


def _together(found: Table, method: str, cases: Sequence[Case]) -> Sequence[str]:
    def over(name: str, of: str = method) -> float:
        return fmean(
            mean(found[of, c], name)
            if isinstance(found[of, c][name], list)
            else found[of, c][name]
            for c in cases
        )  # fmt: skip

    own = over("cpu_s_per_mp")
    times = over("cpu_s_per_mp", "VST+BM3D") / own if own > 0 else 0.0
    return (
        method, f"{over('psnr_db'):.2f}", f"{over('corrected_db'):.2f}", f"{over('dark_db'):.2f}",
        f"{over('ssim'):.4f}", f"{100 * over('bias'):+.3f}", f"{own:.3g}", f"{times:.3g}x",
    )  # fmt: skip
