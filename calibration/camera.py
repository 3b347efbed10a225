"""A camera profile out of what its captures gave: readings, levels, patterns, sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from calibration.captures import CaptureSet
from calibration.channel_noise import channel_noise
from calibration.noise import NoiseAtIso
from calibration.noise_lines import gain_switch
from calibration.nonuniformity import NonUniformity
from calibration.uncertainty import Figure
from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile

MEASURED = "measured by fullwell calibrate noise"


@dataclass(slots=True)
class _Notes:
    """Where each number came from, and which nobody measured."""

    sources: dict[str, str] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)

    def take(self, name: str, figure: Figure, otherwise: float | None) -> float | None:
        """Return a figure's value, noting its interval; or what stands in, noting why."""
        if figure.value is not None:
            ends = "" if figure.low is None else f", 95 % {figure.low:.5g}..{figure.high:.5g}"
            self.sources[name] = _said(figure, ends)
            return figure.value
        self.sources[name] = f"not measured: {figure.reason}"
        self.assumed.append(name)
        return otherwise


def camera_profile(
    captures: CaptureSet,
    found: Sequence[NoiseAtIso],
    *,
    name: str | None = None,
    with_defects: bool = False,
) -> SensorProfile:
    """Make the profile that simulator, denoiser and DNG writer use at once.

    found: of one ISO or several, any order. with_defects: list what every ISO's stacks show as
    defects. Black levels are those of the lowest ISO; at the
    others the departure of each site is the reading's colour bias. Colours whose gain or dark
    noise differ by more than chance have their own in the reading's channel noise. A number that
    the captures do not give is 0, or unknown, and listed in `assumed` with the reason in `sources`.

    Raises CalibrationError for no ISO, ProfileError for numbers that cannot be a sensor's.
    """
    if not found:
        raise CalibrationError("a profile needs the captures of one ISO or more")
    found = sorted(found, key=lambda each: each.iso)
    notes, lowest = _Notes(), found[0]
    blacks = _blacks(lowest)
    well = max(
        (each.figures["full_well_e"] for each in found if each.figures["full_well_e"].value),
        key=lambda figure: figure.value or 0.0,
        default=lowest.figures["full_well_e"],
    )
    return SensorProfile(
        name=name or captures.camera,
        cfa=captures.cfa,
        bit_depth=captures.bit_depth,
        black_level_dn=blacks,
        white_level_dn=captures.white_level_dn,
        readings=_readings(captures.cfa, found, blacks, notes),
        full_well_e=notes.take("full_well_e", well, None),
        quantum_efficiency=_efficiency(lowest, notes),
        prnu_percent=notes.take("prnu_percent", of_sites(lowest.prnu), 0.0) or 0.0,
        dsnu_e=notes.take("dsnu_e", of_sites(lowest.dsnu), 0.0) or 0.0,
        dark_current_e_per_s=max(
            notes.take("dark_current_e_per_s", lowest.figures["dark_current_e_per_s"], 0.0) or 0.0,
            0.0,
        ),
        **_warmth(captures, found, notes),
        **_banding(found, notes),
        defects=_defects(found, notes) if with_defects else (),
        sources=notes.sources
        | _iso_source(captures, notes)
        | {"black_level_dn": _said(lowest.figures["black_level_dn"])},
        assumed=tuple(sorted(set(notes.assumed))),
    )


def of_sites(parts: Mapping[tuple[int, int], NonUniformity]) -> Figure:
    """The pattern of all sites: the root mean square of theirs, which are independent."""
    totals = [part.total for part in parts.values()]
    for total in totals:
        if total.value is None:
            return total
    reasons = {total.reason for total in totals} - {""}
    squares = np.array([total.value or 0.0 for total in totals]) ** 2
    value = float(squares.mean() ** 0.5)
    halves = np.array([total.half_width or 0.0 for total in totals])
    half = float(np.sqrt((halves**2).sum()) / len(halves))
    low = max(value - half, 0.0)
    return Figure(value=value, low=low, high=value + half, reason="; ".join(sorted(reasons)))


def _said(figure: Figure, ends: str = "") -> str:
    return MEASURED + ends + (f"; {figure.reason}" if figure.reason else "")


def _blacks(at: NoiseAtIso) -> tuple[float, ...]:
    return tuple(each.figures["black_level_dn"].value or 0.0 for each in at.sites.values())


def _readings(
    cfa: Cfa, found: Sequence[NoiseAtIso], blacks: tuple[float, ...], notes: _Notes
) -> tuple[Reading, ...]:
    readings = [_reading(cfa, each, blacks, notes) for each in found]
    gains = [each.system_gain_dn_per_e for each in readings]
    noises = [each.read_noise_e * each.system_gain_dn_per_e for each in readings]
    switch = None if min(noises) <= 0 else gain_switch(gains, noises)
    if switch is None:
        return tuple(readings)
    notes.sources["readings.branch"] = (
        f"read noise in DN falls from ISO {found[switch - 1].iso:g} to {found[switch].iso:g}"
    )
    return tuple(replace(each, branch=int(i >= switch)) for i, each in enumerate(readings))


def _reading(cfa: Cfa, at: NoiseAtIso, blacks: tuple[float, ...], notes: _Notes) -> Reading:
    where = f"readings.{at.iso:g}"
    gain = notes.take(f"{where}.system_gain_dn_per_e", at.figures["system_gain_dn_per_e"], None)
    if gain is None:
        raise CalibrationError(f"ISO {at.iso:g}: no gain was measured")
    bias = tuple(own - black for own, black in zip(_blacks(at), blacks, strict=True))
    lines: dict[str, Any] = {}
    if at.lines is not None:
        lines = {
            "row_noise_e": notes.take(f"{where}.row_noise_e", at.lines.row, 0.0),
            "column_noise_e": notes.take(f"{where}.column_noise_e", at.lines.column, 0.0),
        }
    if at.banding is not None and at.banding.bands:
        lines["banding_amplitude_e"] = notes.take(
            f"{where}.banding_amplitude_e", at.banding.bands[0].amplitude_e, 0.0
        )
    if at.law is not None and at.law.model == "tukey_lambda":
        lines["tukey_lambda_shape"] = notes.take(f"{where}.tukey_lambda_shape", at.law.shape, None)
        lines["tukey_lambda_scale_e"] = notes.take(
            f"{where}.tukey_lambda_scale_e", at.law.scale_e, None
        )
    return Reading(
        iso=at.iso,
        system_gain_dn_per_e=gain,
        read_noise_e=notes.take(f"{where}.read_noise_e", at.own_noise_e, 0.0) or 0.0,
        colour_bias_dn=bias if any(bias) else (),
        channel_noise=channel_noise(at.sites, cfa),
        **lines,
    )


def _warmth(captures: CaptureSet, found: Sequence[NoiseAtIso], notes: _Notes) -> dict[str, Any]:
    """Temperature of the flats, which the dark current is of, and what doubles that current."""
    known = {stack.temperature_c for stack in captures.stacks if not stack.dark} - {None}
    fields: dict[str, Any] = {}
    if len(known) == 1:
        fields = dict.fromkeys(("temperature_c", "dark_current_temperature_c"), *known)
    for at in found:
        step = at.warming and at.warming.doubling_temperature_k
        if step and step.value is not None:
            notes.take("doubling_temperature_k", step, None)
            fields["doubling_temperature_k"] = step.value
            break
    return fields


def _iso_source(captures: CaptureSet, notes: _Notes) -> dict[str, str]:
    """Say it where the readings' ISO is our own number: a profile cannot be without one."""
    if captures.iso_stated:
        return {}
    notes.assumed.append("readings.iso")
    return {"readings.iso": f"none stated by the captures; filed under {captures.isos[0]:g}"}


def _banding(found: Sequence[NoiseAtIso], notes: _Notes) -> dict[str, Any]:
    """The frequency of the strongest band of all ISOs, which a profile has one of."""
    bands = [each.banding.bands[0] for each in found if each.banding and each.banding.bands]
    if not bands:
        return {}
    strongest = max(bands, key=lambda band: band.amplitude_dn)
    notes.sources["banding_frequency_cycles_per_row"] = MEASURED
    return {"banding_frequency_cycles_per_row": strongest.frequency_cycles_per_row}


def _defects(found: Sequence[NoiseAtIso], notes: _Notes) -> tuple[Defect, ...]:
    """Every photosite that any ISO lists."""
    maps = [each.patterns.defects for each in found if each.patterns and each.patterns.defects]
    places = sorted({(flaw.row, flaw.column) for found_map in maps for flaw in found_map.flaws})
    notes.sources["defects"] = MEASURED if maps else "not measured: no stacks that show them"
    return tuple(Defect(row=row, column=column) for row, column in places)


def _efficiency(at: NoiseAtIso, notes: _Notes) -> float | None:
    """The green, or only, channel's."""
    return notes.take("quantum_efficiency", at.figures["quantum_efficiency"], None)
