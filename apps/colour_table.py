"""The page of colour calibration: every fit on a real chart, on sensitivities, and in closure."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apps.colour_calibration import calibrate_colour
from apps.colour_closure import close_colour
from apps.metamerism import data_folder
from apps.report.pages import write_page
from apps.spectral_calibration import calibrate_sensitivity
from calibration.colour_checker import NAMES
from calibration.colour_fit import METHODS
from isp.core.errors import UsageError
from isp.files.profile import load_profile

CHART = "canon_550d_colorchart.dng"
LIGHTS = ("A", "D65")
CAMERAS = ("GenericPhone", "NikonD850", "RaspberryPi-HQ-IMX477", "SonyA7S2")


def report(folder: Path) -> str:
    """The page, as Markdown."""
    return "\n".join([*_head(), *_chart(folder), *_spectral(folder), *_closure()]) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, to a file or to standard output."""
    parser = argparse.ArgumentParser(prog="python -m apps.colour_table", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="Markdown file; standard output if none")
    parser.add_argument("--force", action="store_true", help="replace the file")
    options = parser.parse_args(arguments)

    def make() -> str:
        folder = data_folder()
        if folder is None:
            raise UsageError(
                "the page needs the real chart; set FULLWELL_DATA to the data's folder"
            )
        return report(folder / "colorchecker")

    return write_page(make, options.output, force=options.force)


def _head() -> list[str]:
    return [
        "# Colour calibration", "",
        "Made by `python -m apps.colour_table` with FULLWELL_DATA set.", "",
        "`fullwell calibrate colour CHART… --illuminant A,D65 -o camera.json` finds the chart in "
        "each raw file, averages its patches before white balance, refuses clipped ones by name "
        "and uneven or veiled light altogether, and puts ColorMatrix and ForwardMatrix of each "
        "light into the profile, and so into every DNG. `--sensitivity FILE` takes spectral "
        "sensitivities in place of charts.", "",
        "| fit | terms | keeps white | makes least |", "|---|---|---|---|",
        *(f"| {name} | {(3, 6, 13)[m.degree - 1]} | {'yes' if m.keeps_white else 'no'} | "
          f"{'squared CIEDE2000' if m.by_delta_e else 'squared XYZ'} |"
          for name, m in METHODS.items()), "",
        "White is the camera RGB of a perfect diffuser: that of the three middle greys, corrected "
        "for their tint by a 3x3 from XYZ. \"Left out\" fits white, exposure and matrix again "
        "without the patch that is judged. Intervals (95 %) are those of the patches' noise over "
        "repeated charts; what other paints would give is not in them. Root polynomials: "
        "Finlayson, Mackiewicz and Hurlbert 2015; in a pipeline the stage `root_polynomial` takes "
        "the matrix's place (`--recipe`), for the chart's light alone.", "",
    ]  # fmt: skip


def _chart(folder: Path) -> list[str]:
    [chart] = calibrate_colour([folder / CHART], illuminants=["A"]).charts
    told = {name: each.record() for name, each in chart.scores.items()}
    rows = [
        f"| {name} | {_mean(one['delta_e_2000'])} | {_ends(one['delta_e_2000'])} "
        f"| {_mean(one['left_out_delta_e_2000'])} | {_ends(one['left_out_delta_e_2000'])} |"
        for name, one in told.items()
    ]
    patches = [
        f"| {patch} | " + " | ".join(
            f"{one['patches'][patch]['delta_e_2000']:.2f} / "
            f"{one['patches'][patch]['left_out_delta_e_2000']:.2f}" for one in told.values()
        ) + " |"
        for patch in NAMES
    ]  # fmt: skip
    return [
        f"## A real chart: {CHART} (warm light, taken as A)", "",
        f"Light over the greys {100 * chart.light.gradient:+.1f} %, veil "
        f"{100 * chart.light.veil:+.2f} % of white; refused patches: "
        f"{', '.join(chart.readings.refused) or 'none'}.", "",
        "| fit | mean ΔE00 | 95 % / max | left out: mean ΔE00 | 95 % / max |",
        "|---|---|---|---|---|",
        *rows, "", _losers(told), "",
        "Fit / left out, patch by patch:", "",
        "| patch | " + " | ".join(told) + " |", "|---|" + "---|" * len(told), *patches, "",
    ]  # fmt: skip


def _losers(told: dict[str, Any]) -> str:
    """What the figures say of who lost, made of the figures."""
    left = {name: one["left_out_delta_e_2000"]["mean"]["value"] for name, one in told.items()}
    own = {name: one["delta_e_2000"]["mean"]["value"] for name, one in told.items()}
    order = sorted(left, key=lambda name: left[name])
    return (
        f"On patches not seen {order[0]} is nearest ({left[order[0]]:.2f}) and {order[-1]} "
        f"furthest ({left[order[-1]]:.2f}), though its own fit gives {own[order[-1]]:.2f}. "
        f"delta-e is {left['delta-e'] - left['least-squares-white']:+.2f} against "
        "least-squares-white there."
    )


def _spectral(folder: Path) -> list[str]:
    training = folder / "rawtoaces" / "training" / "training_spectral.json"
    iso = folder / "rawtoaces" / "illuminant" / "iso7589_stutung_380_780_5.json"
    lines = [
        "## Spectral sensitivities: fitted to 190 paints, judged on the ColorChecker", "",
        "CIEDE2000 mean / max over the 190 training paints of rawtoaces and over the 24 of "
        "ISO 17321-1, which the fit has not seen; SMI as in docs/metamerism.md.", "",
        "| camera | light | fit | 190 paints | ColorChecker | SMI |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    paths = [*folder.glob("rawtoaces/camera/*.json"), *folder.glob("ssf_csv/*.csv")]
    for path in sorted(paths):
        for method in METHODS:
            found = calibrate_sensitivity(
                path, lights=[*LIGHTS, str(iso)], training=training, method=method
            )
            for fit in found.fits:
                told = fit.record()
                own, other = (told[f"{key}_delta_e_2000"] for key in ("training", "colour_checker"))
                light = "ISO 7589 tungsten" if fit.smi is None else fit.light
                index = "-" if fit.smi is None else f"{fit.smi:.1f}"
                lines.append(
                    f"| {path.stem} | {light} | {method} | {own['mean']:.2f} / {own['max']:.2f} "
                    f"| {other['mean']:.2f} / {other['max']:.2f} | {index} |"
                )
    return [*lines, ""]


def _closure() -> list[str]:
    lines = [
        "## Closure: the profile's own matrices, through a noisy chart and back", "",
        "Largest difference of any of the nine numbers of XYZ to camera, green of white at 1. "
        "Without noise it is the rounding to codes: most where dark patches hold few of them.", "",
        "| camera | light | without noise | with the camera's noise |", "|---|---|---|---|",
    ]  # fmt: skip
    for name in CAMERAS:
        profile = load_profile(name)
        pairs = zip(close_colour(profile, noisy=False), close_colour(profile), strict=True)
        lines += [
            f"| {name} | {quiet.illuminant} | {quiet.largest:.4f} | {noisy.largest:.4f} |"
            for quiet, noisy in pairs
        ]
    return lines


def _mean(told: dict[str, Any]) -> str:
    mean = told["mean"]
    return f"{mean['value']:.2f} ({mean['low']:.2f} … {mean['high']:.2f})"


def _ends(told: dict[str, Any]) -> str:
    return f"{told['p95']:.2f} / {told['max']:.2f} ({told['worst']})"


if __name__ == "__main__":
    sys.exit(main())
