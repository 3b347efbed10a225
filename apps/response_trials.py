"""Brackets of cameras with random curves, and how near the measured curves come to them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from calibration.response.bracket_codes import CODES, LAST, BracketCodes
from calibration.response.measured_response import MeasuredCurve
from isp.core.errors import CalibrationError
from isp.core.poisson import poisson
from isp.core.response import Response
from isp.core.rng import Draws, Effect, normal, uniform
from simulate.ldr import to_codes

KNOTS = 4097
WAVES = 5
BEND = 0.5  # deviation of the first wave of the log slope
POWERS = (1.0, 2.6)
WELLS_E, READ_E = (4_000.0, 40_000.0), (2.0, 8.0)
PICTURES, STEPS_EV = (3, 7), (0.7, 2.5)
SCENE = (0.0005, 4.0)  # light of the middle picture, of its white
PIXELS = 4000

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """A camera's curve and a bracket taken with it.

    truth: exposure of each code. codes: (pixels, pictures). log_exposures: nominal; the shutter
    may have missed them, `taken` are true.
    """

    response: Response
    truth: Values
    codes: NDArray[np.int64]
    log_exposures: Values
    taken: Values

    @property
    def bracket(self) -> BracketCodes:
        """What a calibration sees."""
        return BracketCodes(self.codes, self.log_exposures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a measured curve stands to the truth.

    rmse: of exposure over all codes, of white. covered: share of the measured codes whose truth
    lies in the band. width: mean of the band over them.
    """

    rmse: float
    covered: float
    width: float


def random_curve(seed: int, item: int) -> Response:
    """A smooth rising curve: exposure = (integral of exp(sum of waves))^power of the code.

    The waves of the log slope have deviations 0.5 / k, k = 1..5, sine and cosine each; the power
    is even in 1..2.6, from linear cameras to steep ones.
    """
    draws = Draws(seed=seed, effect=Effect.SCENE, sensor="curve", item=torch.tensor([item]))
    words = draws.words(1, 2 * WAVES + 1)[0, 0, 0]
    deviates = normal(words[:-1]).reshape(2, WAVES, 1).double()
    power = POWERS[0] + (POWERS[1] - POWERS[0]) * float(uniform(words[-1]))
    code = torch.linspace(0, 1, KNOTS, dtype=torch.float64)
    wave = torch.arange(1, WAVES + 1, dtype=torch.float64)[:, None]
    phase = math.pi * wave * code
    slope = (BEND / wave * (deviates[0] * phase.sin() + deviates[1] * phase.cos())).sum(0).exp()
    exposure = torch.cat([slope.new_zeros(1), ((slope[1:] + slope[:-1]) / 2).cumsum(0)])
    return Response(code, f"random {seed}/{item}", exposure=(exposure / exposure[-1]) ** power)


def trial(
    seed: int, item: int, *, pixels: int = PIXELS, shutter_error: float = 0.0,
    response: Response | None = None,
) -> Trial:  # fmt: skip
    """Photograph random light with a random curve, well, read noise and bracket.

    shutter_error: standard deviation of each exposure's logarithm. response: in place of a
    random one.
    """
    curve = random_curve(seed, item) if response is None else response
    camera = _draws(seed, item, 0)
    chance = uniform(camera.words(1, 4))[0, 0, 0].tolist()
    well = WELLS_E[0] * (WELLS_E[1] / WELLS_E[0]) ** chance[0]
    read = READ_E[0] + (READ_E[1] - READ_E[0]) * chance[1]
    count = PICTURES[0] + int(chance[2] * (PICTURES[1] - PICTURES[0] + 1))
    step = STEPS_EV[0] + (STEPS_EV[1] - STEPS_EV[0]) * chance[3]
    log_exposures = math.log(2) * step * (np.arange(count) - (count - 1) / 2)
    missed = normal(_draws(seed, item, 1).words(1, count))[0, 0, 0].numpy()
    taken = log_exposures + shutter_error * missed
    light = uniform(_draws(seed, item, 2).words(1, pixels))[0, 0, 0].numpy()
    light = SCENE[0] * (SCENE[1] / SCENE[0]) ** light
    expected = well * torch.from_numpy(light[None] * np.exp(taken)[:, None])
    # Twice the well is white whatever the draw; the draws end at 2^24 electrons.
    electrons = poisson(
        expected.clamp(max=2 * well), _draws(seed, item, 3).words(count, pixels)[0, 0]
    ).numpy()
    deviates = normal(_draws(seed, item, 4).words(count, pixels))[0, 0].numpy()
    seen = electrons + read * deviates
    exposure = torch.from_numpy(seen / well)[None, None].expand(1, 3, -1, -1)
    codes = to_codes(exposure, curve)[0, 0].to(torch.int64).numpy().T
    return Trial(
        response=curve,
        truth=curve.decode(torch.arange(CODES, dtype=torch.float64) / LAST).numpy(),
        codes=codes,
        log_exposures=log_exposures,
        taken=taken,
    )


def score(curve: MeasuredCurve, truth: Values) -> Score:
    """Hold a measured curve against the truth."""
    known = slice(curve.codes[0], curve.codes[1] + 1)
    inside = (curve.low <= truth) & (truth <= curve.high)
    return Score(
        rmse=root_mean_square(curve.exposure_of_code - truth),
        covered=float(inside[known].mean()),
        width=float((curve.high - curve.low)[known].mean()),
    )


def root_mean_square(values: Values) -> float:
    """Of an array."""
    return float(np.sqrt(np.mean(values**2)))


def scores(
    measure: Callable[[Trial], MeasuredCurve], trials: list[Trial], failed: list[str]
) -> list[Score]:
    """Measure each trial; those that are refused are noted in `failed`."""
    done = []
    for one in trials:
        try:
            done.append(score(measure(one), one.truth))
        except CalibrationError as error:
            failed.append(f"{one.response.name}: {error}")
    return done


def _draws(seed: int, item: int, number: int) -> Draws:
    return Draws(
        seed=seed, effect=Effect.SCENE, sensor=f"bracket {number}", item=torch.tensor([item])
    )
