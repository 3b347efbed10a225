"""Read noise out of dark frames: Tukey lambda by its probability plot, or a Gaussian."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.dark_law import DarkLaw, own_share, tukey_lambda_law
from calibration.photon_transfer import HIDDEN, QUANTISATION_STEP2, STEADY_DARK_STEPS
from calibration.uncertainty import Figure, in_electrons, jackknife, not_measured
from isp.core.tukey_deviation import tukey_lambda_deviation

SHAPES = np.linspace(-0.4, 0.4, 33)
GROUPS = 16
PER_GROUP = 40_000
PLOTTED = 160  # points of a probability plot
CLEARLY_BETTER = 10.0  # of the Bayesian information criterion

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadNoiseLaw:
    """Which law the residuals of dark frames follow.

    model: `tukey_lambda` or `gaussian`, or `none` where the converter's step hides it.
    shape, scale_e: of the Tukey lambda. shapes, correlations: the probability-plot correlation
    coefficient over all shapes tried, for the plot; gaussian_correlation: of the Gaussian.
    information_gain: by how much the Bayesian information criterion prefers the Tukey lambda.
    quantiles: of the residuals at some probabilities, in their deviations; tukey_quantiles and
    gaussian_quantiles: of the laws there, for the probability plot.
    left_out: share of the photosites that were not taken, since their dark level stands out.
    """

    model: str
    shape: Figure
    scale_e: Figure
    shapes: Values
    correlations: Values
    gaussian_correlation: float
    information_gain: float
    quantiles: Values
    tukey_quantiles: Values
    gaussian_quantiles: Values
    left_out: float = 0.0


def law_not_told(reason: str) -> ReadNoiseLaw:
    """The law where the darks do not tell it, and why."""
    none, nothing = not_measured(reason), np.zeros(0)
    return ReadNoiseLaw(
        model="none", shape=none, scale_e=none, shapes=nothing, correlations=nothing,
        gaussian_correlation=float("nan"), information_gain=float("nan"),
        quantiles=nothing, tukey_quantiles=nothing, gaussian_quantiles=nothing,
    )  # fmt: skip


def read_noise_law(
    residuals_dn: Values,
    *,
    frames: int,
    gain_dn_per_e: Figure,
    deviation_dn: float,
    size: tuple[int, int] | None = None,
    step_dn: int = 1,
) -> ReadNoiseLaw:
    """Fit the law of the read noise.

    residuals_dn: departures from the mean image of L frames, row and column noise taken off, in
        no order that matters; neighbours in it fall into different groups. frames: L.
    deviation_dn: of one frame's noise, quantisation included. size: of the frames, which says how
        much of a residual went with the row and column means. step_dn: between two codes.

    Source: J. J. Filliben, "The probability plot correlation coefficient test for normality",
    Technometrics 17(1), 1975 (plotting positions); ELD, section IV-B, for its use on read noise.
    """
    if deviation_dn < STEADY_DARK_STEPS * step_dn:
        return law_not_told(
            f"{HIDDEN}: the dark deviation is {deviation_dn:.2f} DN, and below "
            f"{STEADY_DARK_STEPS * step_dn:g} DN a shape cannot be told (raise the gain)"
        )
    analog_dn = (deviation_dn**2 - QUANTISATION_STEP2 * step_dn**2) ** 0.5
    units = residuals_dn / (analog_dn * own_share(frames, size) ** 0.5)
    groups = [np.sort(units[group::GROUPS][:PER_GROUP]) for group in range(GROUPS)]
    step = step_dn / analog_dn
    laws = [tukey_lambda_law(shape, frames=frames, size=size, step=step) for shape in SHAPES]
    # Each group is fitted by itself and the fits are averaged: leaving one out is then free.
    tables = np.array([[_correlation(group, law) for law in laws] for group in groups])
    shapes = np.array([_peak(table) for table in tables])
    whole = shapes.mean()
    without = (shapes.sum() - shapes) / (GROUPS - 1)
    replicates = np.concatenate([[whole], without])
    scales_dn = np.array([analog_dn / tukey_lambda_deviation(shape) for shape in replicates])
    every = np.concatenate(groups)
    normal = tukey_lambda_law(None, frames=frames, size=size, step=step)
    best = tukey_lambda_law(float(whole), frames=frames, size=size, step=step)
    better = best.log_likelihood(every) - normal.log_likelihood(every)
    shown = _probabilities(len(every))
    information = 2 * len(every) * better - float(np.log(len(every)))
    return ReadNoiseLaw(
        model="tukey_lambda" if information > CLEARLY_BETTER else "gaussian",
        shape=jackknife(replicates),
        scale_e=in_electrons(jackknife(scales_dn, floor=0.0), gain_dn_per_e),
        shapes=SHAPES,
        correlations=tables.mean(0),
        gaussian_correlation=float(np.mean([_correlation(group, normal) for group in groups])),
        information_gain=information,
        quantiles=np.quantile(every, shown),
        tukey_quantiles=best.quantile(shown),
        gaussian_quantiles=normal.quantile(shown),
    )


def residuals(
    frames: Iterable[NDArray[np.floating]],
    mean_image: Values,
    *,
    every: int = 1,
    taken: NDArray[np.bool_] | None = None,
) -> Values:
    """Departures of frames from their mean image, row and column noise of each taken off, DN.

    every: keep each so-many-th value. taken: photosites to keep, (h, w); all without it.
    """
    parts = []
    of_taken = slice(None) if taken is None else taken.reshape(-1)[::every]
    for frame in frames:
        away = frame - mean_image  # in place from here on: a frame may be large
        away -= away.mean(1, keepdims=True)
        away -= away.mean(0)
        parts.append(away.reshape(-1)[::every][of_taken].copy())
    return np.concatenate(parts)


def _probabilities(count: int) -> Values:
    """Where a probability plot of so many values is drawn: close together in both tails."""
    least = math.log(0.5 / count)
    tails = np.exp(np.linspace(least, math.log(0.02), PLOTTED // 4))
    middle = np.linspace(0.02, 0.98, PLOTTED // 2)[1:-1]
    return np.concatenate([tails, middle, 1 - tails[::-1]])


def _correlation(ordered: Values, law: DarkLaw) -> float:
    """The probability plot's correlation coefficient, at Filliben's positions."""
    count = len(ordered)
    positions = (np.arange(1.0, count + 1.0) - 0.3175) / (count + 0.365)
    return float(np.corrcoef(ordered, law.quantile(positions))[0, 1])


def _peak(correlations: Values) -> float:
    """The shape of the highest correlation, between the shapes tried by a parabola."""
    index = int(np.clip(np.argmax(correlations), 1, len(SHAPES) - 2))
    low, middle, high = correlations[index - 1 : index + 2]
    bend = low - 2 * middle + high
    shift = 0.0 if bend == 0 else 0.5 * (low - high) / bend
    return float(SHAPES[index] + np.clip(shift, -1, 1) * (SHAPES[1] - SHAPES[0]))
