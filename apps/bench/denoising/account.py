"""The account of ExposureDiffusion, part by part."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.bench.denoising import (
    fixed_noise,
    highlights,
    mismatch,
    ratio_curve,
    ratios_outside,
    refinement,
    shipped_scores,
)
from apps.bench.denoising.opening import OPENING
from apps.bench.denoising.trained_arms import Bench
from isp.core.errors import MissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the account: it makes its runs or finds them, and writes its page of them."""

    heading: str
    said: str
    collect: Callable[[Bench], Any]
    write: Callable[[Any], Iterator[str]]


NEVER_RUN = (
    "- ED-1: arms (e) to (h); NAFNet-1, FW-100k and FW-1M.",
    "- ED-2: PMN's noise; a third network. ED-2 to ED-4 have one seed.",
    "- ED-3: increments of the other forms, other values of `clip_max`, T of 4.",
    "- ED-4: T of 10; other cameras and networks.",
    "- Anything on a GPU.",
)

PARTS: dict[str, Part] = {
    "shipped": Part(
        heading="What ships, beside VST+BM3D",
        said=shipped_scores.SAID,
        collect=shipped_scores.collected,
        write=shipped_scores.page,
    ),
    "curve": Part(
        heading="PSNR against the ratio",
        said=ratio_curve.SAID,
        collect=ratio_curve.collected,
        write=ratio_curve.page,
    ),
    "fixed": Part(
        heading="A network told its noise, beside one trained on one noise",
        said=(
            "Same size, same number of steps; cameras that neither was trained on. The one of a "
            "fixed noise is trained on a Sony A7S2 at ISO 1600 and ratio 100, and told nothing."
        ),
        collect=fixed_noise.collected,
        write=fixed_noise.page,
    ),
    "ED-1": Part(
        heading="ED-1: does progressive refinement gain?",
        said=(
            "PSNR in dB, mean over scenes, three cameras and ratios 100 and 300; +-: standard "
            "deviation over three seeds. fw-5k is our network as it ships, but trained for these "
            "arms; fw-5k-photon has the paper's conditioning, heads and L1 loss, on one level."
        ),
        collect=refinement.collected,
        write=refinement.page,
    ),
    "ED-2": Part(
        heading="ED-2: noise that was not trained on, and size",
        said=(
            "One seed, Sony A7S2. Single pass in dB; the others are what ExposureDiffusion, "
            "trained as long, gains over it, with a 95 % interval over scenes."
        ),
        collect=mismatch.collected,
        write=mismatch.page,
    ),
    "ED-3": Part(
        heading="ED-3: the adaptive residual layer in highlights",
        said="fw-5k-photon trained by ExposureDiffusion, one seed; Sony A7S2, ratios 100 and 300.",
        collect=highlights.collected,
        write=highlights.page,
    ),
    "ED-4": Part(
        heading="ED-4: ratios outside training",
        said="fw-5k-photon, Sony A7S2, one seed, PSNR in dB.",
        collect=ratios_outside.collected,
        write=ratios_outside.page,
    ),
}


def page(bench: Callable[[str], Bench]) -> str:
    """The account as Markdown; parts without all of their runs are listed as not run.

    bench: of each part.
    """
    lines, missing = [OPENING], []
    for name, part in PARTS.items():
        try:
            found = part.collect(bench(name))
        except MissingError as error:
            missing.append(f"- {part.heading}: {error}")
            continue
        lines += [f"\n## {part.heading}\n", f"{part.said}\n", *part.write(found)]
    lines += ["\n## Not run\n", *missing, *NEVER_RUN]
    return "\n".join(lines) + "\n"
