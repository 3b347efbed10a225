"""PSNR against the exposure ratio, beside what photon noise alone leaves."""

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import TYPE_CHECKING

from apps.bench.denoising.captures import Case
from apps.bench.denoising.methods import photon_bound_db
from apps.bench.denoising.scene_scores import mean, pairs
from apps.bench.denoising.shipped_scores import OURS, scored
from apps.bench.denoising.tables import table
from apps.bench.denoising.trained_arms import Bench

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAMERA = "SonyA7S2"
RATIOS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 600.0)  # trained on up to 400
METHODS = ("amplified", "classical", *OURS)
PHOTONS = "photons alone"
SAID = (
    f"{CAMERA}, PSNR in dB, mean over the scenes; light above white of the reference is cut. "
    "*Photons alone*, by theory: the capture made as bright as the reference, had the sensor no "
    "noise of its own. Whoever judges each photosite by itself stays below that line; what lies "
    "above it comes from neighbours, and from what the method knows of pictures."
)
PICTURE = "images/exposure-diffusion-ratio.png"
Curves = Mapping[str, list[float]]


def collected(bench: Bench) -> dict[str, list[float]]:
    """PSNR of each method along the ratios."""
    cases = [Case(camera=CAMERA, ratio=ratio) for ratio in RATIOS]
    curves = {m: [mean(scored(bench, m, case)) for case in cases] for m in METHODS}
    return curves | {PHOTONS: [_photons(bench, case) for case in cases]}


def page(curves: Curves) -> Iterator[str]:
    """The table, and where its picture lies."""
    rows = [(name, *(f"{value:.2f}" for value in values)) for name, values in curves.items()]
    yield table(("method", *(f"x{ratio:g}" for ratio in RATIOS)), rows)
    yield f"\n![PSNR against the exposure ratio]({PICTURE})"


def picture(curves: Curves) -> "Figure":
    """The curves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, values in curves.items():
        axes.plot(RATIOS, values, "k--" if name == PHOTONS else "o-", label=name)
    axes.set(xscale="log", xlabel="exposure ratio", ylabel="PSNR of packed linear raw, dB")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    return figure


def _photons(bench: Bench, case: Case) -> float:
    def make() -> dict[str, list[float]]:
        found = []
        for scene, capture in pairs(bench.data, case):
            white_e = float(capture.captured().white_e.mean())
            found.append(round(photon_bound_db(scene.light.clamp(0, 1), white_e, 0.0), 5))
        return {"psnr_db": found}

    return fmean(bench.records.result({"bound": PHOTONS, "case": case.record()}, make)["psnr_db"])
