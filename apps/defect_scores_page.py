"""What was found of the defects, as a page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import chi2

# Amplitudes in standard deviations of the noise: recall is told for each.
BINS = ((0.0, 6.0), (6.0, 9.0), (9.0, 15.0), (15.0, 30.0), (30.0, 60.0), (60.0, math.inf))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of one mosaic's defects.

    found_of: found and all defects in each of BINS. false_positives: sound photosites found.
    harm_db: PSNR of the mosaic without defects after correction, against itself; inf: untouched.
    """

    name: str
    photosites: int
    found_of: tuple[tuple[int, int], ...]
    false_positives: int
    harm_db: float = math.inf

    @property
    def false_share(self) -> float:
        """False positives per photosite."""
        return self.false_positives / self.photosites

    @property
    def most_false(self) -> float:
        """Upper 95 % bound of the false positives per photosite, of a Poisson count."""
        return float(chi2.ppf(0.95, 2 * self.false_positives + 2)) / 2 / self.photosites

    def recall(self, least_sigmas: float) -> float:
        """Share found of the defects of at least an amplitude that BINS begin with; 1 of none."""
        pairs = [p for p, (low, _) in zip(self.found_of, BINS, strict=True) if low >= least_sigmas]
        found, every = (sum(column) for column in zip(*pairs, strict=True))
        return found / every if every else 1.0


def summed(name: str, scores: Sequence[Score]) -> Score:
    """Scores of several mosaics as one: counts added, harm by the mean of the squared errors."""
    columns = zip(*(score.found_of for score in scores), strict=True)
    photosites = sum(score.photosites for score in scores)
    error = sum(10 ** (-score.harm_db / 10) * score.photosites for score in scores) / photosites
    return Score(
        name=name, photosites=photosites,
        found_of=tuple((sum(f for f, _ in c), sum(n for _, n in c)) for c in map(tuple, columns)),
        false_positives=sum(score.false_positives for score in scores),
        harm_db=-10 * math.log10(error) if error else math.inf,
    )  # fmt: skip


def page(
    real: Sequence[Score], simulated: Sequence[Score], series: Sequence[Score],
    peers: Sequence[Score], camera: str, settings: Mapping[str, float], command: str,
) -> str:  # fmt: skip
    """The scores as markdown, the command that made them on top."""
    said = ", ".join(f"{name} {value:g}" for name, value in settings.items())
    lines = [
        "# Defects found without a list", "", "Measured and written by", "",
        f"```\n{command}\n```", "",
        f"Stage `dynamic_defects`, {said}. An amplitude is how far a defect is from what the same "
        "photosite gives without it, in standard deviations of the noise there. Each cell is the "
        "share found and, in brackets, of how many; what is below 6 sigma is within the noise of "
        "a frame. *False* counts sound photosites, their share of all and the upper 95 % bound of "
        "that. `python -m apps.defect_training` learns from some photographs, leaves and stars and "
        "chooses its limits on others; these here are yet others. Even light is the same, with "
        "other seeds; interior is in neither.", "",
        "## Real raws", "",
        "The first row has the 400 photosites (600 or 65535) that the raw's source lists; the "
        "others have about 400 at black or at that saturation. Noise as `apps.raw_noise` measures "
        "it. A defect of the camera's own would count as false; nobody listed these. The openISP "
        "frame's values are multiples of 4, so that its noise is not measured well and it fails. "
        "Nothing was trained or chosen on these raws.", "",
        *_table(real), "", f"## Simulated, {camera}", "",
        "Hot photosites with log-normal dark current and dead ones, 0.1 % each, single and by "
        "chance in pairs; f/4, a lens of 0.45 pitch Gaussian, 4 x 4 scene pixels a photosite.", "",
        *_table(simulated), "", "## Listed from several frames", "",
        "`fullwell calibrate defects` with as many frames, of the same camera and defects as "
        "above; each is aimed elsewhere, up to 94 rows and 142 columns, at the same scene. "
        "Amplitudes are the median of the frames'. What one picture hides, several tell: a defect "
        "stays, detail moves. The list goes into the profile, and stage `defects` corrects it.", "",
        *_table(series), "", "## Other rules", "",
        "On the same captures: the photographs, the star and both kinds of leaves, RGGB, ISO 100. "
        "*Harm* is the PSNR of the mosaics without defects after correction against themselves, "
        "white = 1: what is taken from texture; higher is better.", "",
        *_table(peers, harm=True),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(scores: Sequence[Score], *, harm: bool = False) -> list[str]:
    heads = [f"{low:g}-{high:g}" if math.isfinite(high) else f">= {low:g}" for low, high in BINS]
    columns = [*(f"{head} sigma" for head in heads), "false", "share", "at most"]
    columns += ["harm, dB"] if harm else []
    return [
        f"| {'rule' if harm else 'mosaic'} | {' | '.join(columns)} |",
        "|---|" + "---:|" * len(columns),
        *(_line(score, harm=harm) for score in scores),
    ]


def _line(score: Score, *, harm: bool) -> str:
    cells = [f"{found / every:.3f} ({every})" if every else "-" for found, every in score.found_of]
    cells += [f"{score.false_positives}", f"{score.false_share:.1e}", f"{score.most_false:.1e}"]
    figures = " | ".join([*cells, f"{score.harm_db:.1f}"] if harm else cells)
    return f"| {score.name} | {figures} |"
