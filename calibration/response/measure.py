"""Measure the response of one channel by any method, with its uncertainty."""

from collections.abc import Callable

import numpy as np

from calibration.response.bracket_codes import CODES, LAST, BracketCodes, CurveFit, Values
from calibration.response.debevec1997 import fit_debevec
from calibration.response.emor_fit import fit_emor
from calibration.response.measured_response import MeasuredCurve
from calibration.response.mitsunaga_nayar1999 import fit_mitsunaga_nayar
from calibration.response.noise import noise_of
from calibration.response.resampling import REPEATS, strayed
from calibration.response.robertson2003 import fit_robertson
from isp.core.emor import Emor
from isp.core.errors import CalibrationError, UsageError

METHODS = ("debevec", "robertson", "mitsunaga-nayar", "emor")
NOISY = 0.2  # noise over exposure, from which a dark code tells little
SEEN = 5  # times that a code occurs, to be measured
LEAST_BRIGHT = 200  # code that has to be reached, for the top to be known
BAND = 0.975
NO_WIDTH = 1e-9  # deviation of log exposure, far below what rounding to codes leaves


def method_of(
    name: str, model: Emor | None = None, *, refine: bool = True
) -> Callable[[BracketCodes], CurveFit]:
    """Return the fit that a name of METHODS stands for.

    model: inverse EMoR, which `emor` needs. refine: the exposures too.

    Raises UsageError for another name, or `emor` without its model.
    """
    if name == "emor":
        if model is None:
            raise UsageError("the method emor needs the model's file; pass --emor invemor.txt")
        chosen = model
        return lambda bracket: fit_emor(bracket, chosen, refine=refine)
    plain = {
        "debevec": fit_debevec, "robertson": fit_robertson, "mitsunaga-nayar": fit_mitsunaga_nayar
    }  # fmt: skip
    if name not in plain:
        raise UsageError(f'no method is named "{name}"; known: {", ".join(METHODS)}')
    return lambda bracket: plain[name](bracket, refine=refine)


def measure_curve(
    bracket: BracketCodes,
    method: str = "debevec",
    *,
    model: Emor | None = None,
    refine: bool = True,
    exposure_error: float = 0.0,
    repeats: int = REPEATS,
    seed: int = 1,
    channel: int = 0,
) -> MeasuredCurve:
    """Fit a curve, and tell how far it may be off.

    exposure_error: standard deviation of each given exposure, relative (0.02: 2 %); it makes the
        gauge of the exposures unsure, see `in_gauge`, and so the power of the whole curve.
    repeats, seed: of the simulated brackets.

    The band comes from brackets that are simulated from the Debevec-Malik curve, which has no
    form of its own, with the noise that the pictures show, and fitted by the same method: their
    scatter is the variance, and their mean's distance from that curve what the method gets wrong
    whatever the noise, as a polynomial's misfit. Both are in the band; the curve is not corrected.

    Raises CalibrationError where the codes do not hold a curve, UsageError.
    """
    from scipy.stats import t as student

    fit = method_of(method, model, refine=refine)
    plain = method_of("debevec", refine=refine)
    found, reference = fit(bracket), plain(bracket)
    noise = noise_of(bracket, reference.exposure_of_code, reference.log_exposures)
    if method == "mitsunaga-nayar":
        order = found.order  # is chosen once, as a user would
        fit = lambda again: fit_mitsunaga_nayar(again, refine=refine, order=order)  # noqa: E731
    spread = strayed(bracket, reference, noise, fit, repeats=repeats, seed=seed, channel=channel)
    done = len(spread.deviations)
    gauge = _of_gauge(found, bracket.log_exposures, exposure_error)
    variance = (spread.deviations**2).sum(axis=0) / (done - 1)
    bias = np.sqrt(np.maximum(spread.bias**2 - variance / done, 0.0))
    rows = np.concatenate([
        spread.deviations / np.sqrt(done - 1) * np.sqrt(1 + 1 / done), bias[None], gauge[None]
    ])  # fmt: skip
    deviation = float(student.ppf(BAND, done - 1)) * np.sqrt((rows**2).sum(axis=0))
    curve = found.exposure_of_code
    codes = measured_codes(bracket, curve, noise)
    # The gauge is what a user says; the rows before it are what the pictures say.
    if not (np.abs(rows[:-1, codes[0] : codes[1] + 1]) > NO_WIDTH).any():
        raise CalibrationError(
            "the pictures hold no noise, so that nothing tells how sure the curve is: they are "
            "copies of one another or were drawn; take each exposure with the camera"
        )
    low, high = _band(curve, deviation, codes)
    steps = spread.log_exposures
    return MeasuredCurve(
        exposure_of_code=curve,
        low=low,
        high=high,
        codes=codes,
        covariance_factor=rows * curve,
        log_exposures=found.log_exposures,
        log_exposure_errors=np.hypot(steps.std(axis=0, ddof=1), exposure_error),
        order=found.order,
        read_variance=noise[0],
        shot_variance=noise[1],
        pixels=int(bracket.measured.any(axis=1).sum()),
    )


def measured_codes(
    bracket: BracketCodes, curve: Values, noise: tuple[float, float]
) -> tuple[int, int]:
    """First and last code that the bracket tells of: seen, and above the noise.

    Raises CalibrationError where the bright codes do not occur.
    """
    often = np.bincount(bracket.codes[bracket.measured], minlength=CODES)
    deviation = np.sqrt(noise[0] + noise[1] * curve)
    clear = (often >= SEEN) & (deviation < NOISY * curve)
    if not clear.any() or np.flatnonzero(clear)[-1] < LEAST_BRIGHT:
        last = int(np.flatnonzero(clear)[-1]) if clear.any() else 0
        there = _brightest_offered(bracket)
        way = f", or raise --pixels: the pictures hold codes up to {there}" if there > last else ""
        raise CalibrationError(
            f"no code above {last} is measured, so that the top of the curve is unknown; reshoot "
            f"with longer exposures of the same scene, until parts of it are white{way}"
        )
    first, last = np.flatnonzero(clear)[[0, -1]]
    return int(first), int(last)


def _brightest_offered(bracket: BracketCodes) -> int:
    """Brightest code that is seen often enough in the pixels to choose from."""
    if bracket.offered is None:
        return 0
    return int(np.flatnonzero(bracket.offered >= SEEN).max(initial=0))


def _of_gauge(found: CurveFit, given: Values, exposure_error: float) -> Values:
    """Change of the log curve when the mean step of the exposures is off by one deviation.

    The step between the first and the last of exposures that miss independently has sqrt 2
    deviations; all log exposures, of codes too, scale with it.
    """
    relative = np.sqrt(2) * exposure_error / float(given[-1] - given[0])
    log_curve = np.zeros(CODES)
    log_curve[1:LAST] = np.log(found.exposure_of_code[1:LAST])
    change: Values = relative * log_curve
    return change


def _band(curve: Values, deviation: Values, codes: tuple[int, int]) -> tuple[Values, Values]:
    first, last = codes
    low, high = curve * np.exp(-deviation), np.minimum(curve * np.exp(deviation), 1.0)
    low[:first], high[:first] = 0.0, max(high[first], curve[first])
    low[last + 1 :], high[last + 1 :] = low[last], 1.0
    low[0] = high[0] = 0.0
    low[LAST] = high[LAST] = 1.0
    return low, high
