"""The bracket taken again and again in arithmetic, to see how far a method's curve strays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from calibration.response.bracket_codes import CODES, LAST, BracketCodes, CurveFit, Values
from calibration.response.noise import pixel_lights
from isp.core.errors import CalibrationError
from isp.core.rng import Draws, Effect, normal

REPEATS = 24
TINY = 1e-12

Fit = Callable[[BracketCodes], CurveFit]


@dataclass(frozen=True, slots=True, eq=False)
class Strayed:
    """Of log exposure: how a method's curve strays about the truth, were the reference true.

    deviations: (repeats, 256), of each repeat from their mean. bias: (256,), their mean less the
    reference. log_exposures: (repeats, pictures), of the pictures.
    """

    deviations: Values
    bias: Values
    log_exposures: Values


def taken_again(
    bracket: BracketCodes, reference: CurveFit, noise: tuple[float, float], draws: Draws
) -> BracketCodes:
    """The same light through the reference's camera with new noise, as codes.

    noise: read and shot variance, see `noise_of`. The noise is normal, cut to 0..1 as a sensor
    and its converter cut it; codes are the nearest.
    """
    curve = reference.exposure_of_code
    lights = pixel_lights(bracket, np.log(np.maximum(curve, TINY)), reference.log_exposures)
    lights = lights[np.isfinite(lights)]
    expected = np.exp(lights[:, None] + reference.log_exposures)
    read, shot = noise
    height, width = expected.shape
    deviates = normal(draws.words(width, height))[0, 0].numpy().T
    seen = expected + np.sqrt(read + shot * expected) * deviates
    codes = np.rint(np.interp(np.clip(seen, 0, 1), curve, np.arange(CODES)))
    return BracketCodes(codes.astype(np.int64), bracket.log_exposures)


def strayed(
    bracket: BracketCodes,
    reference: CurveFit,
    noise: tuple[float, float],
    fit: Fit,
    *,
    repeats: int = REPEATS,
    seed: int = 1,
    channel: int = 0,
) -> Strayed:
    """Fit repeated brackets whose truth is the reference.

    Raises CalibrationError where over a half of the repeats cannot be fitted.
    """
    curves, exposures = [], []
    failure: CalibrationError | None = None
    for repeat in range(repeats):
        draws = Draws(
            seed=seed, effect=Effect.AUGMENTATION, sensor="response",
            frame=torch.tensor([channel]), item=torch.tensor([repeat]),
        )  # fmt: skip
        try:
            found = fit(taken_again(bracket, reference, noise, draws))
        except CalibrationError as error:
            failure = error
            continue
        curves.append(np.log(np.maximum(found.exposure_of_code[1:LAST], TINY)))
        exposures.append(found.log_exposures)
    if len(curves) <= repeats // 2:
        raise CalibrationError(f"the curve cannot be found again from its own noise: {failure}")
    logs = np.pad(np.stack(curves), ((0, 0), (1, 1)))
    mean = logs.mean(axis=0)
    truth = np.zeros(CODES)
    truth[1:LAST] = np.log(np.maximum(reference.exposure_of_code[1:LAST], TINY))
    return Strayed(logs - mean, mean - truth, np.stack(exposures))
