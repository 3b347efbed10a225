"""The account of ExposureDiffusion, part by part."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.bench.denoising import arm_experiments as arms
from apps.bench.denoising import shipped_scores
from apps.bench.denoising.opening import OPENING
from apps.bench.denoising.trained_arms import Bench
from isp.core.errors import MissingError

NETWORKS = ("fw-5k", "fw-5k-photon")
SIZES = ("fw-5k", "fw-100k")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the account: it makes its runs or finds them, and writes its page of them."""

    heading: str
    said: str
    collect: Callable[[Bench], Any]
    write: Callable[[Any], Iterator[str]]


def _each(
    networks: tuple[str, ...],
    collect: Callable[[Bench, str], Any],
    write: Callable[[str, Any], Iterator[str]],
) -> dict[str, Callable[..., Any]]:
    def all_of(bench: Bench) -> Mapping[str, Any]:
        return {name: collect(bench, name) for name in networks}

    def pages(found: Mapping[str, Any]) -> Iterator[str]:
        for name, runs in found.items():
            yield from write(name, runs)

    return {"collect": all_of, "write": pages}


PARTS: dict[str, Part] = {
    "shipped": Part(
        heading="What ships, beside VST+BM3D",
        said="",
        collect=shipped_scores.collected,
        write=lambda found: shipped_scores.page(*found),
    ),
    "fixed": Part(
        heading="A network told its noise, beside one trained on one noise",
        said="Same size, same number of steps; cameras that neither was trained on.",
        collect=arms.fixed_noise,
        write=arms.fixed_noise_page,
    ),
    "ED-1": Part(
        heading="ED-1: does progressive refinement gain?",
        said=(
            "Mean over scenes, three cameras and two ratios; +- over three seeds, standard "
            "deviation of their means."
        ),
        **_each(NETWORKS, arms.refinement, arms.refinement_page),
    ),
    "ED-2": Part(
        heading="ED-2: mismatch of noise, and size",
        said="One seed. Differences are to the single pass trained as long.",
        **_each(SIZES, arms.mismatch, arms.mismatch_page),
    ),
    "ED-3": Part(
        heading="ED-3: the adaptive residual layer in highlights",
        said="fw-5k with the paper's conditioning, ExposureDiffusion, one seed.",
        collect=arms.highlights,
        write=arms.highlights_page,
    ),
    "ED-4": Part(
        heading="ED-4: ratios outside training",
        said="fw-5k with the paper's conditioning, one seed.",
        collect=arms.outside,
        write=arms.outside_page,
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
        lines += [f"\n## {part.heading}\n", part.said, *part.write(found)]
    if missing:
        lines += ["\n## Not run\n", *missing]
    return "\n".join(lines) + "\n"
