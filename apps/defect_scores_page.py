"""What was found of the defects, as a page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Amplitudes in standard deviations of the noise: recall is told for each.
BINS = ((0.0, 6.0), (6.0, 9.0), (9.0, 15.0), (15.0, 30.0), (30.0, math.inf))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of one mosaic's defects.

    found_of: found and all defects in each of BINS. false_positives: sound photosites found.
    """

    name: str
    photosites: int
    found_of: tuple[tuple[int, int], ...]
    false_positives: int

    @property
    def false_share(self) -> float:
        """False positives per photosite."""
        return self.false_positives / self.photosites

    def recall(self, least_sigmas: float) -> float:
        """Share found of the defects of at least an amplitude that BINS begin with; 1 of none."""
        pairs = [p for p, (low, _) in zip(self.found_of, BINS, strict=True) if low >= least_sigmas]
        found, every = (sum(column) for column in zip(*pairs, strict=True))
        return found / every if every else 1.0


def page(
    real: Sequence[Score], simulated: Sequence[Score], camera: str, settings: Mapping[str, float],
    command: str,
) -> str:  # fmt: skip
    """The scores as markdown, the command that made them on top."""
    said = ", ".join(f"{name} {value:g}" for name, value in settings.items())
    lines = [
        "# Defects found without a list", "", "Measured and written by", "",
        f"```\n{command}\n```", "",
        f"Stage `dynamic_defects`, {said}. An amplitude is how far a defect is from what the same "
        "photosite gives without it, in standard deviations of the noise there. Each cell is the "
        "share found and, in brackets, of how many; what is below 6 sigma is within the noise of "
        "a frame. *False* counts sound photosites, and their share of all.", "",
        "## Real raws", "",
        "The first row has the 400 photosites (600 or 65535) that the raw's source lists; the "
        "others have about 400 at black or at that saturation. Noise as `apps.raw_noise` measures "
        "it. A defect of the camera's own would count as false; nobody listed these. The openISP "
        "frame's values are multiples of 4, so that its noise is not measured well and it fails. "
        "The two texture limits of the detector were chosen on these raws and on dead leaves of "
        "the same seed: these rows are not an independent test of them.", "",
        *_table(real), "", f"## Simulated, {camera}", "",
        "Hot photosites with log-normal dark current and dead ones, 0.1 % each, single and by "
        "chance in pairs; f/4, a lens of 0.45 pitch Gaussian, 4 x 4 scene pixels a photosite.", "",
        *_table(simulated),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(scores: Sequence[Score]) -> list[str]:
    heads = [f"{low:g}-{high:g}" if math.isfinite(high) else f">= {low:g}" for low, high in BINS]
    return [
        f"| mosaic | {' | '.join(f'{head} sigma' for head in heads)} | false | share |",
        "|---|" + "---:|" * (len(BINS) + 2),
        *(_line(score) for score in scores),
    ]


def _line(score: Score) -> str:
    cells = [f"{found / every:.3f} ({every})" if every else "-" for found, every in score.found_of]
    figures = " | ".join([*cells, str(score.false_positives), f"{score.false_share:.1e}"])
    return f"| {score.name} | {figures} |"
