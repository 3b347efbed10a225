"""Photon transfer: gain, dark noise, efficiency and saturation out of flats and darks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.code_step import common_step
from calibration.dark_times import DarkTimes, first_of_each
from calibration.linearity import linearity_errors
from calibration.moments import Moments, mean_and_variance
from calibration.uncertainty import Figure, Replicates, jackknife, not_measured
from isp.core.errors import CalibrationError

# Of a converter's step, 1 DN unless the values are left-justified or multiplied:
QUANTISATION_STEP2 = 1 / 12
LEAST_DARK_STEP2 = 0.24  # below it the variance hangs on the black level's fraction of a step
STEADY_DARK_STEPS = 0.6  # from here on the variance is sigma^2 + 1/12 within 0.5 %
FIT_SHARE = 0.7  # of saturation, up to which gain and responsivity are fitted
CLIPPED_SHARE = 1e-3  # of the pixels, from which on an exposure is no longer below saturation
GROUPS = 32
OF_DARK = ("read_noise_e", "dark_deviation_dn", "black_level_dn")
DEVIATIONS = ("read_noise_e", "dark_deviation_dn")  # which are never below 0
TOO_FEW_PHOTONS = "the photons of the file are too few"  # how a reason begins
HIDDEN = "quantisation-limited"  # how a reason begins where the converter's step hides noise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """One exposure of the series, and its dark: of the same exposure time, or of the nearest.

    photons: mean per pixel; None where nobody measured the light. dark: one object for all the
    levels that it serves, so that it counts once. dark_time_s: its own exposure time.
    """

    exposure_time_s: float
    photons: float | None
    bright: Moments
    dark: Moments
    dark_time_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transfer:
    """The series' points of one site of the colour filters, for plots, and what follows.

    exposure: photons per pixel, or seconds where the light is not known. signal_dn: mean above
    the dark. variance_dn2: temporal, of bright and of dark. dark_time_s: of the level's dark.
    Arrays are (levels,), rising.
    fitted: which levels the gain rests on. saturated: index of the level of saturation.
    replicates: name of a quantity to its values of all rows and without each group of them.
    figures: name to figure; HOUSE's names of quantities.
    """

    exposure: NDArray[np.float64]
    exposure_time_s: NDArray[np.float64]
    signal_dn: NDArray[np.float64]
    variance_dn2: NDArray[np.float64]
    dark_time_s: NDArray[np.float64]
    dark_mean_dn: NDArray[np.float64]
    dark_variance_dn2: NDArray[np.float64]
    fitted: NDArray[np.bool_]
    saturated: int
    in_photons: bool
    replicates: Mapping[str, Replicates]
    figures: Mapping[str, Figure]


def photon_transfer(
    levels: Sequence[Level], *, site: tuple[int, int] = (0, 0), groups: int = GROUPS
) -> Transfer:
    """Measure one site of the colour filters by the linear model.

    levels: of one gain, in any order, from dark to saturation. site: row and column in the
        period. groups: of rows, for the intervals.
    Gain and responsivity are slopes through the origin up to 70 % of saturation. Saturation is
    where the variance is largest, but no later than the last level with fewer than one clipped
    pixel in a thousand; where no flat is saturated, what rests on it has that as its reason.
    Saturation capacity lies on a level; its reason says where levels are wide apart.
    Black level and dark noise are those at exposure time 0 by the darks' own times; where these
    are fewer than three, those at the darks' time, and their reason says so.

    Raises CalibrationError when fewer than three levels lie in the fitted part.

    Source: EMVA 1288 release 4.0 linear, sections 2.2-2.4 and 6.
    """
    levels = sorted(levels, key=_exposure_of)
    in_photons = all(level.photons is not None for level in levels)
    exposure = np.array([_exposure_of(level) for level in levels])
    times = np.array([level.exposure_time_s for level in levels])
    mean, variance = _columns([level.bright for level in levels], site, groups)
    dark_mean, dark_variance = _columns([level.dark for level in levels], site, groups)
    signal, excess = mean - dark_mean, variance - dark_variance
    clipped = np.array([level.bright.clipped[site] for level in levels])
    saturated = _saturation(variance[:, 0], clipped)
    fitted = (signal[:, 0] <= FIT_SHARE * signal[saturated, 0]) & (exposure > 0)
    if fitted.sum() < 3:
        raise CalibrationError(
            f"{int(fitted.sum())} exposures lie between dark and 70 % of saturation; a gain needs "
            "three or more (add exposures between dark and the brightest)"
        )
    gain = _slope(signal[fitted], excess[fitted])
    responsivity = _slope(exposure[fitted, None], signal[fitted])
    electrons_per_exposure = responsivity / gain
    capacity = electrons_per_exposure * exposure[saturated]
    once = first_of_each([level.dark for level in levels])
    dark_times = np.array([level.dark_time_s for level in levels])
    darks = DarkTimes(
        times_s=dark_times[once], mean_dn=dark_mean[once], variance_dn2=dark_variance[once]
    )
    dark = darks.noise_dn2()
    step = common_step(each for level in levels for each in (level.bright, level.dark))
    least = _sensitivity(dark, gain, step)
    errors = linearity_errors(exposure, signal, saturated)
    full_well = _full_well(mean, dark_mean, variance, saturated, gain)
    # Without a saturated flat the brightest one would stand for saturation, and be too low.
    unknown = full_well if isinstance(full_well, Figure) else None
    remarks = dict.fromkeys(OF_DARK, darks.remark)
    remarks["saturation_capacity_e"] = _to_one_level(exposure, saturated, capacity)
    found: dict[str, Replicates | Figure] = {
        "system_gain_dn_per_e": gain,
        "read_noise_e": _read_noise(darks, gain, step),
        "dark_deviation_dn": np.sqrt(np.maximum(dark, 0.0)),
        "saturation_capacity_e": unknown or capacity,
        "full_well_e": full_well,
        "absolute_sensitivity_e": least,
        "snr_max_db": unknown or 10 * np.log10(capacity),
        "dynamic_range_db": unknown or 20 * np.log10(capacity / least),
        "linearity_error_min_percent": errors.min(0) if len(errors) else _unfitted(),
        "linearity_error_max_percent": errors.max(0) if len(errors) else _unfitted(),
        "dark_current_e_per_s": darks.current_e_per_s(gain),
        "black_level_dn": darks.level_dn(),
        "responsivity_dn_per_photon": responsivity if in_photons else _unlit(),
        "quantum_efficiency": _efficiency(electrons_per_exposure) if in_photons else _unlit(),
    }
    return Transfer(
        exposure=exposure,
        exposure_time_s=times,
        signal_dn=signal[:, 0],
        variance_dn2=variance[:, 0],
        dark_time_s=dark_times,
        dark_mean_dn=dark_mean[:, 0],
        dark_variance_dn2=dark_variance[:, 0],
        fitted=fitted,
        saturated=saturated,
        in_photons=in_photons,
        replicates={n: value for n, value in found.items() if not isinstance(value, Figure)},
        figures={
            name: _figure(name, value, remarks.get(name, "")) for name, value in found.items()
        },
    )


def pooled(transfers: Sequence[Transfer]) -> dict[str, Figure]:
    """Figures of a sensor out of those of its sites: their mean, or why there is none.

    The sites' groups of rows are the same groups, so the interval counts what they share.
    """
    names = transfers[0].figures
    return {
        name: _figure(
            name, np.mean([each.replicates[name] for each in transfers], axis=0), names[name].reason
        )
        if all(name in each.replicates for each in transfers)
        else next(each.figures[name] for each in transfers if name not in each.replicates)
        for name in names
    }


def _exposure_of(level: Level) -> float:
    return level.exposure_time_s if level.photons is None else level.photons


def _columns(
    moments: Sequence[Moments], site: tuple[int, int], groups: int
) -> tuple[Replicates, Replicates]:
    pairs = [mean_and_variance(each, site, groups) for each in moments]
    return np.stack([mean for mean, _ in pairs]), np.stack([variance for _, variance in pairs])


def _saturation(variance: NDArray[np.float64], clipped: NDArray[np.float64]) -> int:
    whole = np.flatnonzero(clipped < CLIPPED_SHARE)
    if not len(whole):
        raise CalibrationError("every flat is clipped: take darker ones")
    return int(whole[np.argmax(variance[whole])])


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> Replicates:
    """Least squares through the origin, over the first axis."""
    slope: Replicates = (x * y).sum(0) / (x**2).sum(0)
    return slope


def _figure(name: str, value: Replicates | Figure, remark: str) -> Figure:
    if isinstance(value, Figure):
        return value
    floor = 0.0 if name in DEVIATIONS else None
    return replace(jackknife(value, floor=floor), reason=remark)


def _read_noise(darks: DarkTimes, gain: Replicates, step: int) -> Replicates | Figure:
    """sigma_d, or its bound where the converter's step or a long dark current hides it."""
    quantisation, dark = QUANTISATION_STEP2 * step**2, darks.noise_dn2()
    if dark[0] >= (STEADY_DARK_STEPS * step) ** 2:
        # A replicate may lie far lower than the whole, where a long line goes back to time 0.
        noise: Replicates = np.sqrt(np.maximum(dark - quantisation, 0.0)) / gain
        return noise
    if darks.variance_dn2[:, 0].min() >= (STEADY_DARK_STEPS * step) ** 2:
        most = max((jackknife(dark).high or 0.0) - quantisation, 0.0) ** 0.5 / gain[0]
        return Figure(
            value=None,
            low=0.0,
            high=float(most),
            reason="the noise of the dark current hides it: the line of the darks' variance back "
            f"to exposure time 0 leaves at most {most:.4g} e- (shoot shorter darks)",
        )
    bound = np.sqrt(np.maximum(dark, LEAST_DARK_STEP2 * step**2) - quantisation) / gain
    wide = f" (the codes lie {step} DN apart)" if step > 1 else ""
    return Figure(
        value=None,
        low=0.0,
        high=float(bound[0]),
        reason=f"{HIDDEN}: the dark deviation is {max(dark[0], 0) ** 0.5:.2f} DN, and "
        f"below {STEADY_DARK_STEPS * step:g} DN{wide} it hangs on the black level's fraction; at "
        f"most {bound[0]:.4g} e- (raise the gain)",
    )


def _sensitivity(dark: Replicates, gain: Replicates, step: int) -> Replicates:
    """mu_e.min, the signal of SNR 1, in e-."""
    least = np.maximum(dark, LEAST_DARK_STEP2 * step**2)
    signal: Replicates = np.sqrt(least / gain**2 + 0.25) + 0.5
    return signal


def _full_well(
    mean: Replicates, dark: Replicates, variance: Replicates, saturated: int, gain: Replicates
) -> Replicates | Figure:
    """Electrons where brighter light no longer adds any: the level above saturation."""
    top = int(np.argmax(mean[:, 0]))
    if variance[top, 0] > variance[saturated, 0] / 4:
        return not_measured(
            "the brightest flat is not saturated: add brighter ones (the 70 % up to which the gain "
            "is fitted are of the brightest one, too)"
        )
    well: Replicates = (mean[top] - dark[top]) / gain
    return well


def _to_one_level(exposure: NDArray[np.float64], saturated: int, capacity: Replicates) -> str:
    """A remark where the levels lie further apart than the interval of what is read off one."""
    away = np.abs(exposure[max(saturated - 1, 0) : saturated + 2] - exposure[saturated])
    step = float(away.max()) / float(exposure[saturated])
    half = jackknife(capacity).half_width or 0.0
    if step * capacity[0] <= half:
        return ""
    return (
        f"to one level of light: the next one lies {step:.1%} away, which the interval does "
        "not count (shoot more levels about it)"
    )


def _efficiency(electrons_per_photon: Replicates) -> Replicates | Figure:
    """Electrons a photon, or why these cannot be."""
    if electrons_per_photon[0] <= 1:
        return electrons_per_photon
    return not_measured(
        f"{TOO_FEW_PHOTONS}: they would give {electrons_per_photon[0]:.3g} electrons each, and 1 "
        "is the most; check their unit (mean per pixel) and the area that they were counted over"
    )


def _unlit() -> Figure:
    return not_measured("the light on the sensor was not measured")


def _unfitted() -> Figure:
    return not_measured("fewer than three exposures lie between 5 and 95 % of saturation")
