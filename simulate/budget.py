"""The noise of a sensor as a budget: every term's variance in closed form, and what follows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.errors import ProfileError
from isp.core.illuminants import photons_per_lux_second
from isp.core.readings import SensorNoise
from isp.core.sensor import SensorProfile
from isp.core.tukey_deviation import tukey_lambda_deviation
from simulate.effects.dark_signal import dark_rate

Levels = NDArray[np.float64]
QUANTISATION_DN2 = 1 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseBudget:
    """Variances of one photosite at some mean signals, each (levels,), e-^2 referred to the well.

    electrons: mean photo-electrons of each level. saturation_capacity_e: where the signal ends.
    temporal: what changes from frame to frame, by term; spatial: what stays with the body.
    """

    electrons: Levels
    saturation_capacity_e: float
    temporal: Mapping[str, Levels]
    spatial: Mapping[str, Levels]

    @property
    def temporal_e2(self) -> Levels:
        """Sum of the temporal variances."""
        return _sum(self.temporal, self.electrons)

    @property
    def spatial_e2(self) -> Levels:
        """Sum of the spatial variances."""
        return _sum(self.spatial, self.electrons)

    @property
    def snr(self) -> Levels:
        """Mean over temporal deviation (EMVA 1288's SNR)."""
        return self.electrons / np.sqrt(self.temporal_e2)

    @property
    def total_snr(self) -> Levels:
        """Mean over the deviation of temporal and spatial noise together (EMVA's total SNR)."""
        return self.electrons / np.sqrt(self.temporal_e2 + self.spatial_e2)

    @property
    def shares(self) -> dict[str, Levels]:
        """Each term's share of the total variance, 0..1; terms named `temporal` or `spatial`."""
        total = self.temporal_e2 + self.spatial_e2
        return {
            name: part / total for name, part in (*self.temporal.items(), *self.spatial.items())
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFigures:
    """What a data sheet says, of one sensor at one ISO and exposure time; None where unreachable.

    *_photons and *_lux_s need quantum efficiency and pixel pitch; photons are within 400-700 nm.
    """

    iso: float
    exposure_time_s: float
    system_gain_dn_per_e: float
    dark_noise_e: float
    saturation_capacity_e: float
    limited_by: str
    absolute_sensitivity_e: float
    absolute_sensitivity_photons: float | None
    snr10_e: float | None
    snr10_photons: float | None
    snr10_lux_s: float | None
    snr10_total_e: float | None
    snr_max_db: float
    snr_max_total_db: float
    dynamic_range_db: float
    dynamic_range_stops: float


def noise_budget(
    profile: SensorProfile, iso: float, electrons: Sequence[float], exposure_time_s: float = 0.0
) -> NoiseBudget:
    """Variance of each term at mean signals.

    electrons: mean photo-electrons, >= 0, below saturation: clipping is in no term.
    exposure_time_s: for the dark signal.

    Hot and dead pixels, the spread of the wells and the black level's error are not in it: they
    are defects, limits and offsets. A knee in the full well bends what is near saturation.

    Raises ProfileError for an ISO outside the readings, or a negative level.

    Source: CONVENTIONS section 5.4, variance bookkeeping; EMVA 1288 release 4.0 linear.

    >>> from isp.core.cfa import Cfa
    >>> from isp.core.readings import Reading
    >>> sensor = SensorProfile(
    ...     name="mono", cfa=Cfa.MONO, bit_depth=12, black_level_dn=(64,), white_level_dn=4095,
    ...     readings=(Reading(iso=100, system_gain_dn_per_e=0.25, read_noise_e=3.0),),
    ... )
    >>> noise_budget(sensor, 100, [100]).temporal_e2.round(3).tolist()  # 100 + 9 + 16 / 12
    [110.333]
    """
    mean = np.asarray(electrons, dtype=np.float64).reshape(-1)
    if mean.size and not (mean >= 0).all():
        raise ProfileError(f"mean signals are >= 0 e-, got {mean.min():g}")
    noise = _one(profile.at_iso(torch.tensor([float(iso)], dtype=torch.float64)))
    gain, dark = noise["system_gain_dn_per_e"], _dark(profile, exposure_time_s)
    every = np.ones_like(mean)
    on, amplitude, fraction = profile.rts_occupancy, profile.rts_amplitude_e, profile.rts_fraction
    temporal = {
        "shot": mean,
        "dark current shot": every * dark,
        "read": every * _read_variance(noise),
        "row": every * noise["row_noise_e"] ** 2,
        "column": every * noise["column_noise_e"] ** 2,
        "banding": every * noise["banding_amplitude_e"] ** 2 / 2,
        "RTS": every * fraction * amplitude**2 * on * (1 - on),
        "quantisation": _quantisation(profile, gain, mean + dark) / gain**2,
    }
    spatial = {
        "PRNU": (profile.prnu_percent / 100 * mean) ** 2,
        "DSNU": every * profile.dsnu_e**2,
        "dark current pattern": every * (profile.dark_current_nonuniformity * dark) ** 2,
        "column gain": (profile.column_gain_percent / 100 * (mean + dark)) ** 2,
        "column offset": every * profile.column_fpn_e**2,
        "row offset": every * profile.row_fpn_e**2,
        "RTS offset": every * fraction * (1 - fraction) * (amplitude * on) ** 2,
    }
    return NoiseBudget(
        electrons=mean,
        saturation_capacity_e=_saturation(profile, gain, dark)[0],
        temporal=_present(temporal),
        spatial=_present(spatial),
    )


def sensor_figures(
    profile: SensorProfile, iso: float, exposure_time_s: float = 0.0, illuminant: str = "D65"
) -> SensorFigures:
    """EMVA 1288's figures of merit, and SNR10, in closed form.

    SNR = s at mu = (s^2 + s sqrt(s^2 + 4 sigma_0^2)) / 2, with sigma_0^2 the temporal variance in
    the dark; s = 1 is the absolute sensitivity, s = 10 is SNR10. SNR_max = sqrt(mu_e.sat);
    DR = mu_e.sat / mu_e.min. *_total: with the fixed pattern in the noise.
    illuminant: of the lux: H = photons / (pitch^2 fill_factor k).

    Raises ProfileError for an ISO outside the readings, or where the dark signal fills the well.

    Source: EMVA 1288 release 4.0 linear; CONVENTIONS sections 5.1 and 5.2.
    """
    dark_budget = noise_budget(profile, iso, [0.0], exposure_time_s)
    noise = _one(profile.at_iso(torch.tensor([float(iso)], dtype=torch.float64)))
    gain, dark = noise["system_gain_dn_per_e"], _dark(profile, exposure_time_s)
    full, limit = _saturation(profile, gain, dark)
    if not full > 0:
        raise ProfileError(
            f"the dark signal of {dark:.4g} e- in {exposure_time_s:g} s fills the sensor "
            f'"{profile.name}"'
        )
    variance = float(dark_budget.temporal_e2[0])
    least = signal_at_snr(1.0, variance)
    ten = _within(signal_at_snr(10.0, variance), full)
    pattern = noise_budget(profile, iso, [0.0, full], exposure_time_s)
    at_full = full / math.sqrt(full + float(pattern.spatial_e2[1]))
    photons, lux = _photons(profile, ten), None
    if photons is not None and profile.pixel_pitch_um is not None:
        area = profile.pixel_pitch_um**2 * profile.fill_factor
        lux = photons / (area * photons_per_lux_second(illuminant))
    return SensorFigures(
        iso=float(iso),
        exposure_time_s=exposure_time_s,
        system_gain_dn_per_e=gain,
        dark_noise_e=math.sqrt(variance),
        saturation_capacity_e=full,
        limited_by=limit,
        absolute_sensitivity_e=least,
        absolute_sensitivity_photons=_photons(profile, least),
        snr10_e=ten,
        snr10_photons=photons,
        snr10_lux_s=lux,
        snr10_total_e=_total_at_snr(10.0, variance, profile, iso, exposure_time_s, full),
        snr_max_db=10 * math.log10(full),
        snr_max_total_db=20 * math.log10(at_full),
        dynamic_range_db=20 * math.log10(full / least),
        dynamic_range_stops=math.log2(full / least),
    )


def signal_at_snr(
    snr: float, variance_e2: float, slope: float = 0.0, gain_error: float = 0.0
) -> float:
    """Mean signal in e- at which it is `snr` times its deviation; infinite where it never is.

    variance_e2: what does not depend on the signal. gain_error: relative deviation of a fixed
    gain, which adds (gain_error mu)^2. slope: what more adds in proportion to the signal.

    mu^2 = snr^2 (mu (1 + slope) + variance + gain_error^2 mu^2), solved for mu.

    >>> round(signal_at_snr(1.0, 3.0**2 + 1 / 12 / 0.25**2), 3)  # EMVA 1288: K = 0.25, sigma 3 e-
    3.753
    """
    a = 1 - (snr * gain_error) ** 2
    if a <= 0:
        return math.inf
    b, c = snr**2 * (1 + slope), snr**2 * variance_e2
    return (b + math.sqrt(b**2 + 4 * a * c)) / (2 * a)


def _total_at_snr(
    snr: float,
    variance: float,
    profile: SensorProfile,
    iso: float,
    exposure_time_s: float,
    full: float,
) -> float | None:
    dark = _dark(profile, exposure_time_s)
    offsets = noise_budget(profile, iso, [0.0], exposure_time_s).spatial_e2[0]
    columns = profile.column_gain_percent / 100
    error = math.hypot(profile.prnu_percent / 100, columns)
    # (columns (mu + dark))^2 has a part 2 columns^2 dark mu beside the square and the constant.
    slope = 2 * columns**2 * dark
    return _within(signal_at_snr(snr, variance + float(offsets), slope, error), full)


def _one(noise: SensorNoise) -> dict[str, float]:
    """Plain numbers of a batch of one."""
    names = (
        "system_gain_dn_per_e", "read_noise_e", "row_noise_e", "column_noise_e",
        "banding_amplitude_e", "tukey_lambda_shape", "tukey_lambda_scale_e",
    )  # fmt: skip
    return {name: float(getattr(noise, name).reshape(-1)[0]) for name in names}


def _read_variance(noise: Mapping[str, float]) -> float:
    scale = noise["tukey_lambda_scale_e"]
    if scale > 0:
        return (scale * tukey_lambda_deviation(noise["tukey_lambda_shape"])) ** 2
    return noise["read_noise_e"] ** 2


def _quantisation(profile: SensorProfile, gain: float, collected: Levels) -> Levels:
    """1/12 of the squared step in DN^2; behind a companding table the step grows with the DN."""
    table = np.asarray(profile.linearization_table_dn, dtype=np.float64)
    if table.size < 2:
        return np.full_like(collected, QUANTISATION_DN2)
    dn = gain * collected + float(np.mean(profile.black_level_dn))
    above = np.clip(np.searchsorted(table, dn, side="right"), 1, table.size - 1)
    return QUANTISATION_DN2 * (table[above] - table[above - 1]) ** 2


def _dark(profile: SensorProfile, exposure_time_s: float) -> float:
    return float(dark_rate(profile, torch.tensor([exposure_time_s], dtype=torch.float64))[0])


def _saturation(profile: SensorProfile, gain: float, dark: float) -> tuple[float, str]:
    """Photo-electrons at saturation, and what ends them: the well or the converter."""
    converter = (profile.white_level_dn - float(np.mean(profile.black_level_dn))) / gain
    well = profile.full_well_e
    if well is not None and well < converter:
        return well - dark, "full well"
    return converter - dark, "converter"


def _photons(profile: SensorProfile, electrons: float | None) -> float | None:
    if electrons is None or profile.quantum_efficiency is None:
        return None
    return electrons / profile.quantum_efficiency


def _within(electrons: float, full: float) -> float | None:
    return electrons if electrons <= full else None


def _sum(terms: Mapping[str, Levels], like: Levels) -> Levels:
    total = np.zeros_like(like)
    for term in terms.values():
        total = total + term
    return total


def _present(terms: dict[str, Any]) -> dict[str, Levels]:
    """The terms that a sensor has; shot noise and quantisation always."""
    kept = ("shot", "quantisation")
    return {name: value for name, value in terms.items() if name in kept or bool((value > 0).any())}
