"""A profile out of EMVA 1288 numbers or a data sheet's, with what is missing derived and said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile

QUANTISATION_DN2 = 1 / 12
MONO_EFFICIENCY = 0.6
COLOUR_EFFICIENCY = 0.2  # 0.6 at the peak, through a filter that passes a third of 400-700 nm
ROUNDS = 50  # for numbers that hang on each other; quantisation's small part settles in a few
DARK_ROOM = 1 / 64  # share of the codes that a black level takes when nobody says
SIGMAS_ABOVE_ZERO = 5  # EMVA 1288: the black level is so many deviations above code 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmvaNumbers:
    """What a report or data sheet says of a sensor; None where it says nothing.

    temporal_dark_noise_e: sigma_d. absolute_sensitivity_e: mu_e.min, where SNR is 1.
    saturation_capacity_e: mu_e.sat, the full well. snr_max_db: 20 log10 sqrt(mu_e.sat).
    dynamic_range_db: 20 log10 (mu_e.sat / mu_e.min).
    A gain or a capacity is enough for the rest.

    Source: EMVA 1288 release 4.0 linear.
    """

    bit_depth: int
    quantum_efficiency: float | None = None
    system_gain_dn_per_e: float | None = None
    saturation_capacity_e: float | None = None
    snr_max_db: float | None = None
    dynamic_range_db: float | None = None
    temporal_dark_noise_e: float | None = None
    absolute_sensitivity_e: float | None = None
    dsnu_e: float | None = None
    prnu_percent: float | None = None
    dark_current_e_per_s: float | None = None
    dark_current_temperature_c: float | None = None
    doubling_temperature_k: float | None = None
    pixel_pitch_um: float | None = None
    black_level_dn: float | None = None
    white_level_dn: float | None = None

    def __post_init__(self) -> None:
        """Check that what is there is a number that can be."""
        signed = ("dark_current_temperature_c", "snr_max_db", "dynamic_range_db")
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None:
                continue
            if not math.isfinite(value) or (value < 0 and each.name not in signed):
                raise ProfileError(f"{each.name} must be a number >= 0, got {value}")


@dataclass(slots=True)
class Derivation:
    """Numbers filled in one after the other, with a sentence on each."""

    sources: dict[str, str] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)

    def derived(self, name: str, why: str) -> None:
        """Note a number that follows from given ones."""
        self.sources[name] = f"derived: {why}"

    def assume(self, name: str, why: str) -> None:
        """Note a number that nobody gave."""
        self.sources[name] = f"assumed: {why}"
        self.assumed.append(name)


def sigma_from_sensitivity(absolute_sensitivity_e: float, system_gain_dn_per_e: float) -> float:
    """sigma_d out of mu_e.min = sqrt(sigma_d^2 + 1 / (12 K^2) + 1/4) + 1/2; 0 where none is left.

    >>> round(sigma_from_sensitivity(3.7532, 0.25), 3)
    3.0
    """
    square = (absolute_sensitivity_e - 0.5) ** 2 - 0.25
    return math.sqrt(max(square - QUANTISATION_DN2 / system_gain_dn_per_e**2, 0.0))


def sensitivity(temporal_dark_noise_e: float, system_gain_dn_per_e: float) -> float:
    """mu_e.min = sqrt(sigma_d^2 + 1 / (12 K^2) + 1/4) + 1/2, the signal of SNR 1 in e-.

    Source: EMVA 1288 release 4.0 linear, absolute sensitivity threshold.

    >>> round(sensitivity(3.0, 0.25), 3)
    3.753
    """
    dark = temporal_dark_noise_e**2 + QUANTISATION_DN2 / system_gain_dn_per_e**2
    return math.sqrt(dark + 0.25) + 0.5


def profile_from_emva(
    numbers: EmvaNumbers,
    *,
    name: str,
    cfa: Cfa = Cfa.MONO,
    isos: Sequence[float] = (),
    read_noises_e: Sequence[float] = (),
    **fields: Any,
) -> SensorProfile:
    """Make a profile that simulates at once.

    isos: settings of the analog gain, rising; K is that of the first and goes up in proportion.
        Without them: one gain, called ISO 100.
    read_noises_e: per ISO; else the temporal dark noise at each.
    Missing: K = (white - black) / mu_e.sat, or mu_e.sat out of K, SNR_max or the dynamic range;
        sigma_d out of the absolute sensitivity or the dynamic range; the black level 1/64 of the
        codes, and no less than five deviations of dark noise. The profile's `sources` say which,
        and `assumed` what nobody gave.

    Raises ProfileError when neither gain nor capacity can be had, or numbers contradict.
    """
    notes = Derivation()
    if read_noises_e and len(read_noises_e) != max(len(isos), 1):
        raise ProfileError(
            f"read noise is one number, or one per ISO: got {len(read_noises_e)} for "
            f"{max(len(isos), 1)} ISO"
        )
    white = numbers.white_level_dn
    if white is None:
        white = 2.0**numbers.bit_depth - 1
        notes.assume("white_level_dn", "the converter's last code")
    gain, well, sigma, black = _chain(numbers, read_noises_e, white, notes)
    if not isos:
        isos = (100.0,)
        notes.assume("readings.iso", "one gain, called ISO 100 here")
    elif len(isos) > 1:
        notes.sources["readings.system_gain_dn_per_e"] = (
            notes.sources.get("readings.system_gain_dn_per_e", "given")
            + f" at ISO {isos[0]:g}, and in proportion to ISO above"
        )
    noises = tuple(read_noises_e) or (sigma,) * len(isos)
    if len(noises) > 1 and not read_noises_e:
        notes.assume("readings.read_noise_e", f"{sigma:g} e- at every ISO")
    readings = tuple(
        Reading(iso=iso, system_gain_dn_per_e=gain * iso / isos[0], read_noise_e=noise)
        for iso, noise in zip(isos, noises, strict=True)
    )
    rest = _rest(numbers, cfa, notes)
    sites = cfa.period[0] * cfa.period[1]
    given = dict(fields.pop("sources", {}))
    assumed = {*notes.assumed, *fields.pop("assumed", ())} - set(given)
    return SensorProfile(
        name=name,
        cfa=cfa,
        bit_depth=numbers.bit_depth,
        black_level_dn=(black,) * sites,
        white_level_dn=white,
        full_well_e=well,
        readings=readings,
        sources=notes.sources | given,
        assumed=tuple(sorted(assumed)),
        **rest | fields,
    )


def _chain(
    numbers: EmvaNumbers, read_noises_e: Sequence[float], white: float, notes: Derivation
) -> tuple[float, float, float, float]:
    """K, full well, read noise at the first ISO, black level: each may hang on the others."""
    well = numbers.saturation_capacity_e
    if well is None and numbers.snr_max_db is not None:
        well = 10 ** (numbers.snr_max_db / 10)
        notes.derived("full_well_e", "mu_e.sat = SNR_max^2 (EMVA 1288)")
    sigma = read_noises_e[0] if read_noises_e else numbers.temporal_dark_noise_e
    black, gain = numbers.black_level_dn, numbers.system_gain_dn_per_e
    level = (white + 1) * DARK_ROOM if black is None else black
    k = _first_gain(numbers, sigma, well, white - level)
    for _ in range(ROUNDS):
        noise = _noise(numbers, sigma, well, k)
        capacity = _capacity(numbers, noise, well, k)
        if black is None:
            dark_dn = math.sqrt((k * (noise or 0.0)) ** 2 + QUANTISATION_DN2)
            level = math.ceil(max((white + 1) * DARK_ROOM, SIGMAS_ABOVE_ZERO * dark_dn))
        if not level < white:
            raise ProfileError(f"black level {level:g} is not below white {white:g} DN")
        if gain is None and capacity is not None:
            k = (white - level) / capacity
    if black is None:
        notes.assume("black_level_dn", "1/64 of the codes, no less than 5 deviations of dark noise")
    if gain is None:
        notes.derived("readings.system_gain_dn_per_e", "(white - black) / full well")
    if capacity is None:
        capacity = (white - level) / k
        notes.derived("full_well_e", "(white - black) / K, what the converter holds")
    elif well is None:
        notes.derived("full_well_e", "mu_e.sat = dynamic range x mu_e.min (EMVA 1288)")
    if noise is None:
        noise = 1 / k
        notes.assume("readings.read_noise_e", "one code of the converter, 1 / K")
    elif sigma is None:
        alone = "" if noise else "; quantisation alone explains it"
        notes.derived("readings.read_noise_e", f"sigma_d out of mu_e.min (EMVA 1288){alone}")
    return k, capacity, noise, float(level)


def _first_gain(
    numbers: EmvaNumbers, sigma: float | None, well: float | None, span: float
) -> float:
    if numbers.system_gain_dn_per_e:
        return numbers.system_gain_dn_per_e
    least = numbers.absolute_sensitivity_e or (None if sigma is None else sigma + 0.5)
    if well is None and least is not None and numbers.dynamic_range_db is not None:
        well = least * 10 ** (numbers.dynamic_range_db / 20)
    if not well:
        raise ProfileError(
            "a sensor needs its full well, or its gain, or SNR_max, or its dynamic range and read "
            "noise; got none of them"
        )
    return span / well


def _noise(numbers: EmvaNumbers, sigma: float | None, well: float | None, k: float) -> float | None:
    if sigma is not None:
        return sigma
    least = numbers.absolute_sensitivity_e
    if least is None and well is not None and numbers.dynamic_range_db is not None:
        least = well / 10 ** (numbers.dynamic_range_db / 20)
    return None if least is None else sigma_from_sensitivity(least, k)


def _capacity(
    numbers: EmvaNumbers, noise: float | None, well: float | None, k: float
) -> float | None:
    if well is not None or numbers.dynamic_range_db is None or noise is None:
        return well
    least = numbers.absolute_sensitivity_e or sensitivity(noise, k)
    return float(10 ** (numbers.dynamic_range_db / 20) * least)


def _rest(numbers: EmvaNumbers, cfa: Cfa, notes: Derivation) -> dict[str, Any]:
    """Fields that hang on nothing else."""
    efficiency = numbers.quantum_efficiency
    if efficiency is None:
        mono = cfa.channels == ("Y",)
        efficiency = MONO_EFFICIENCY if mono else COLOUR_EFFICIENCY
        notes.assume(
            "quantum_efficiency",
            "0.6" if mono else "0.6 peak through a filter that passes a third of 400-700 nm",
        )
    given: dict[str, Any] = {"quantum_efficiency": efficiency}
    for name in ("dsnu_e", "prnu_percent", "dark_current_e_per_s"):
        given[name] = getattr(numbers, name) or 0.0
        if getattr(numbers, name) is None:
            notes.assume(name, "none")
    if numbers.pixel_pitch_um is None:
        notes.sources["pixel_pitch_um"] = "not given: light in lux cannot be turned into electrons"
    else:
        given["pixel_pitch_um"] = numbers.pixel_pitch_um
    warm = numbers.dark_current_temperature_c
    given["dark_current_temperature_c"] = given["temperature_c"] = 20.0 if warm is None else warm
    given["doubling_temperature_k"] = numbers.doubling_temperature_k or 7.0
    if numbers.dark_current_e_per_s:
        if warm is None:
            notes.assume("dark_current_temperature_c", "20 degrees Celsius")
        if numbers.doubling_temperature_k is None:
            notes.assume("doubling_temperature_k", "7 K, usual for silicon")
    return given
