"""Exposure ratios measured from the frames themselves, for brackets whose metadata lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool
from torch import Tensor

from isp.core.errors import CalibrationError
from isp.merge.observation import Observation

LEAST_SAMPLES = 100
SHARP, SEEN = 20.0, 10.0  # signal over deviation, of the brighter and of the darker frame
ROOM = 0.9  # of the limit: above, the brighter frame's noise decides what is measured
OUTLIER = 4.0  # deviations
MEDIAN_OF_NORMAL = 0.6745  # of its absolute value
AT_MOST = 4_000_000  # samples looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times more light a frame gathered than another, measured.

    standard_error: of `value`. samples: that it rests on.
    """

    value: float
    standard_error: float
    samples: int


def exposure_ratio(darker: Observation, brighter: Observation) -> Ratio:
    """Light of `brighter` over `darker`, from the samples of one image that both measured.

    First the median of y_b / y_d, which half of the samples moving would not turn; then
    sum y_b / sum y_d over those within OUTLIER deviations of it, until it stays. Samples are
    chosen by the brighter frame alone, whose noise is the smaller one: chosen by the darker, they
    would be those that came out bright. The exposures that the observations have do not matter.

    Raises CalibrationError where too few samples were measured in both.
    """
    dark, bright, both = _samples(darker, brighter)
    bright_noise = brighter.noise.variance(bright).double().sqrt()
    clear = both & (bright > SHARP * bright_noise)
    _enough(clear & (dark > 0))
    ratio = float((bright / dark)[clear & (dark > 0)].double().median())
    for _ in range(8):
        dark_noise = darker.noise.variance(bright / ratio).double().sqrt()
        sharp = clear & (bright > ratio * SEEN * dark_noise)
        _enough(sharp)
        off = (bright - ratio * dark).abs() / torch.hypot(bright_noise, ratio * dark_noise)
        scale = max(1.0, float(off[sharp].median()) / MEDIAN_OF_NORMAL)
        keep = sharp & (off < OUTLIER * scale)
        before, ratio = ratio, float(bright[keep].double().sum() / dark[keep].double().sum())
        if abs(ratio / before - 1) < 1e-7:
            break
    surplus = bright[keep].double() - ratio * dark[keep].double()
    error = float(surplus.square().sum().sqrt() / dark[keep].double().sum())
    return Ratio(value=ratio, standard_error=error, samples=int(keep.sum()))


def measured_exposures(
    bracket: Sequence[Observation], order: Sequence[int], reference: int
) -> tuple[list[float], list[Ratio]]:
    """Exposure of each frame of one image relative to the reference, and the steps of `order`.

    order: indices from the least exposure to the largest.

    Raises CalibrationError naming two frames that have too little in common.
    """
    exposures, ratios = [1.0] * len(bracket), []
    for before, after in pairwise(order):
        try:
            ratio = exposure_ratio(bracket[before], bracket[after])
        except CalibrationError as error:
            raise CalibrationError(f"frames {before + 1} and {after + 1}: {error}") from error
        exposures[after] = exposures[before] * ratio.value
        ratios.append(ratio)
    return [exposure / exposures[reference] for exposure in exposures], ratios


def by_brightness(bracket: Sequence[Observation]) -> list[int]:
    """Indices from the darkest frame to the brightest, by the mean of all that they hold."""
    return sorted(range(len(bracket)), key=lambda i: float(bracket[i].signal.double().mean()))


def _samples(
    darker: Observation, brighter: Observation
) -> tuple[Tensor, Tensor, Bool[Tensor, "b c h w"]]:
    """Both signals, thinned out where there are very many, and where both are to be believed."""
    step = math.isqrt(brighter.signal.numel() // AT_MOST)
    step += 1 - step % 2  # odd: every colour of a mosaic stays
    dark, bright = darker.signal[..., ::step, ::step], brighter.signal[..., ::step, ::step]
    both = (darker.measured & brighter.measured)[..., ::step, ::step]
    return dark, bright, both & (bright < ROOM * brighter.limit)


def _enough(keep: Tensor) -> None:
    count = int(keep.sum())
    if count < LEAST_SAMPLES:
        raise CalibrationError(
            f"only {count} samples are measured well in both, and a ratio of exposures needs "
            f"{LEAST_SAMPLES}"
        )
