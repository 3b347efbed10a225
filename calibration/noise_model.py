"""Which model of noise an ISO needs, and how well it fits, in a word and in a sentence."""

from dataclasses import dataclass
from typing import Any

from calibration.banding import Banding
from calibration.line_noise import LineNoise
from calibration.read_noise import ReadNoiseLaw

SAID = 5e-4  # share of photosites left out; a normal pattern has 6e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseModel:
    """name: `poisson_gaussian`, `gaussian_lines`, `tukey_lambda`, `tukey_lambda_lines`, `none`.

    correlation, gaussian_correlation: of the probability plots, 1 for a perfect fit; None where
    the converter's step hides the law. information_gain: by how much the Bayesian information
    criterion prefers the Tukey lambda to the Gaussian. sentence: for people.
    """

    name: str
    correlation: float | None
    gaussian_correlation: float | None
    information_gain: float | None
    sentence: str

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "name": self.name,
            "correlation": self.correlation,
            "gaussian_correlation": self.gaussian_correlation,
            "information_gain": self.information_gain,
            "sentence": self.sentence,
        }


def choose_model(
    law: ReadNoiseLaw | None, lines: LineNoise | None, banding: Banding | None
) -> NoiseModel:
    """Choose the least model that holds what the darks show.

    A Tukey lambda where its information gain is above 10; row, column noise and bands where their
    intervals leave 0. Neither: a Poisson-Gaussian is all.
    """
    if law is None or law.model == "none":
        why = "no stack of darks is there" if law is None else law.shape.reason
        return NoiseModel(
            name="none", correlation=None, gaussian_correlation=None, information_gain=None,
            sentence=f"No law of the read noise was chosen: {why}.",
        )  # fmt: skip
    shared = [
        name
        for name, seen in (
            ("row noise", lines is not None and (lines.row.low or 0) > 0),
            ("column noise", lines is not None and (lines.column.low or 0) > 0),
            ("banding", banding is not None and bool(banding.bands)),
        )
        if seen
    ]
    heavy = law.model == "tukey_lambda"
    best = float(law.correlations.max())
    name = "tukey_lambda" if heavy else "gaussian" if shared else "poisson_gaussian"
    law_words = f"a Tukey lambda of shape {law.shape.value:.3f}" if heavy else "a Gaussian"
    beside = f", with {' and '.join(shared)} beside it" if shared else ""
    enough = "" if heavy or shared else ": Poisson and Gaussian noise say all"
    outside = (
        f" Without {law.left_out:.2%} of the photosites, whose dark level stands out."
        if law.left_out >= SAID
        else ""
    )
    verdict = "prefers" if law.information_gain > 0 else "does not prefer"
    return NoiseModel(
        name=f"{name}_lines" if shared else name,
        correlation=best if heavy else law.gaussian_correlation,
        gaussian_correlation=law.gaussian_correlation,
        information_gain=law.information_gain,
        sentence=f"The read noise follows {law_words}{beside}{enough}. Probability-plot "
        f"correlation {best:.6f} for the best Tukey lambda, {law.gaussian_correlation:.6f} for "
        f"the Gaussian; the Bayesian information criterion {verdict} the Tukey lambda, by "
        f"{law.information_gain:.1f} (10 is asked).{outside}",
    )
