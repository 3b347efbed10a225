"""How well a colour fit does on patches that it has not seen, and how sure that is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from calibration.chart_model import ColourModel, Flags, fit_chart
from calibration.chart_patches import PatchReadings
from calibration.colour_checker import NAMES
from calibration.colour_fit import Values
from calibration.uncertainty import NORMAL_95, Figure, not_measured
from isp.core.errors import UsageError
from isp.core.rng import Draws, Effect, normal

REPEATS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourScore:
    """A method on a chart.

    own, left_out: CIEDE2000 (24,) of each patch by the fit to all, and by the fit to all others;
    NaN where a patch was not measured. own_mean, left_out_mean: with intervals by the patches'
    noise alone: what other patches would give is not in them.
    """

    model: ColourModel
    own: Values
    left_out: Values
    own_mean: Figure
    left_out_mean: Figure

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "neutral": self.model.neutral.tolist(),
            "coefficients": self.model.coefficients.ravel().tolist(),
            "delta_e_2000": _summary(self.own) | {"mean": self.own_mean.record()},
            "left_out_delta_e_2000": _summary(self.left_out)
            | {"mean": self.left_out_mean.record()},
            "patches": {
                name: {"delta_e_2000": _plain(own), "left_out_delta_e_2000": _plain(left)}
                for name, own, left in zip(NAMES, self.own, self.left_out, strict=True)
            },
        }


def score(
    readings: PatchReadings, method: str, *, repeats: int = REPEATS, seed: int = 1
) -> ColourScore:
    """Fit by a method, judge it by the patches themselves and by leaving each out.

    repeats: charts with new noise, by which the intervals are made; 0 for none.

    White balance and exposure are fitted again without the patch too. The intervals are 1.96
    deviations of the means over the repeats.

    Raises CalibrationError when the patches do not settle the method.

    Source: the bootstrap with a model of the errors, B. Efron and R. J. Tibshirani, An
    Introduction to the Bootstrap, 1993, section 6.5.
    """
    if repeats == 1 or repeats < 0:
        raise UsageError(f"an interval takes 2 repeats or more, or 0 for none, not {repeats}")
    camera, measured = readings.means, readings.measured
    model = fit_chart(camera, measured, method)
    own, left_out = own_differences(camera, measured, model), left_out_differences(
        camera, measured, method, model
    )  # fmt: skip
    strayed = np.array([
        _means(each, measured, method, model) for each in noisy(readings, repeats, seed)
    ]).reshape(repeats, 2)  # fmt: skip
    return ColourScore(
        model=model,
        own=own,
        left_out=left_out,
        own_mean=_figure(own, strayed[:, 0]),
        left_out_mean=_figure(left_out, strayed[:, 1]),
    )


def own_differences(camera: Values, measured: Flags, model: ColourModel) -> Values:
    """CIEDE2000 (24,) of the measured patches; NaN for the others."""
    return np.where(measured, model.delta_e(camera), np.nan)


def left_out_differences(
    camera: Values, measured: Flags, method: str, start: ColourModel | None = None
) -> Values:
    """CIEDE2000 (24,) of each measured patch by a fit to all others; NaN for the unmeasured."""
    found = np.full(len(NAMES), np.nan)
    for index in np.flatnonzero(measured):
        others = measured.copy()
        others[index] = False
        found[index] = fit_chart(camera, others, method, start).delta_e(camera)[index]
    return found


def noisy(readings: PatchReadings, repeats: int, seed: int) -> Values:
    """The patches' means taken again, (repeats, 24, 3), with normal noise of their errors."""
    if repeats == 0:
        return np.zeros((0, *readings.means.shape))
    draws = Draws(
        seed=seed, effect=Effect.AUGMENTATION, sensor="chart",
        frame=torch.tensor([0]), item=torch.tensor([0]),
    )  # fmt: skip
    deviates = normal(draws.words(repeats, readings.means.size))[0, 0].double().numpy()
    return np.asarray(readings.means + readings.errors * deviates.reshape(
        repeats, *readings.means.shape
    ))  # fmt: skip


def _means(camera: Values, measured: Flags, method: str, start: ColourModel) -> tuple[float, float]:
    model = fit_chart(camera, measured, method, start)
    own = own_differences(camera, measured, model)
    left_out = left_out_differences(camera, measured, method, model)
    return float(np.nanmean(own)), float(np.nanmean(left_out))


def _figure(each: Values, strayed: Values) -> Figure:
    value = float(np.nanmean(each))
    if len(strayed) < 2:
        none = not_measured("no repeats were asked for")
        return Figure(value=value, reason=none.reason)
    half = NORMAL_95 * float(strayed.std(ddof=1))
    return Figure(value=value, low=max(value - half, 0.0), high=value + half)


def _summary(each: Values) -> dict[str, Any]:
    known = each[np.isfinite(each)]
    return {"p95": float(np.percentile(known, 95)), "max": float(known.max()),
            "worst": NAMES[int(np.nanargmax(each))]}  # fmt: skip


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
