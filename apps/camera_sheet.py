"""Cameras side by side: figures of merit, SNR curves and budgets, over cameras or a sweep."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from isp.core.errors import ProfileError, UsageError
from isp.core.illuminants import ILLUMINANTS, photons_per_lux_second
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.files.profile import load_profile
from simulate.budget import NoiseBudget, SensorFigures, noise_budget, sensor_figures

CURVE_POINTS = 240
OF_READINGS = (
    "system_gain_dn_per_e", "read_noise_e", "row_noise_e", "column_noise_e", "banding_amplitude_e",
    "tukey_lambda_shape", "tukey_lambda_scale_e",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CameraSheet:
    """One camera, or one value of a sweep: budget at the table's levels, and along a curve."""

    label: str
    profile: SensorProfile
    illuminant: str
    figures: SensorFigures
    table: NoiseBudget
    curve: NoiseBudget

    @property
    def lux_s_per_e(self) -> float | None:
        """Focal-plane exposure of one photo-electron; None without pitch and efficiency."""
        pitch, efficiency = self.profile.pixel_pitch_um, self.profile.quantum_efficiency
        if pitch is None or efficiency is None:
            return None
        area = pitch**2 * self.profile.fill_factor
        return 1 / (efficiency * area * photons_per_lux_second(self.illuminant))


def camera_sheets(
    names: Sequence[str],
    iso: float,
    *,
    exposure_time_s: float = 1 / 60,
    sweep: tuple[str, Sequence[float]] | None = None,
    illuminant: str = "D65",
) -> list[CameraSheet]:
    """One sheet for each camera, or for each value of `sweep` (field, values) of each camera.

    names: built-in cameras or profile files.

    Raises UsageError for an unknown illuminant or a field that cannot be swept, ProfileError for
    a camera that has no such ISO or a value out of range.
    """
    if illuminant not in ILLUMINANTS:
        known = ", ".join(ILLUMINANTS)
        raise UsageError(f'no illuminant is named "{illuminant}"; known: {known}')
    sheets = []
    for name in names:
        profile = load_profile(name)
        if not profile.readings:
            raise ProfileError(f'camera "{profile.name}" has no readings of gain and noise')
        for label, camera in _variants(profile, sweep, several=len(names) > 1):
            sheets.append(_sheet(label, camera, iso, exposure_time_s, illuminant))
    return sheets


def _variants(
    profile: SensorProfile, sweep: tuple[str, Sequence[float]] | None, *, several: bool
) -> list[tuple[str, SensorProfile]]:
    if sweep is None:
        return [(profile.name, profile)]
    name, values = sweep
    front = f"{profile.name}, " if several else ""
    return [(f"{front}{name} {value:g}", swept(profile, name, value)) for value in values]


def swept(profile: SensorProfile, name: str, value: float) -> SensorProfile:
    """The profile with one number changed, in every reading where it belongs to them.

    The gain follows a swept full_well_e, so that the converter holds the same share of the well:
    a well that the converter cannot see would change nothing. Heavy-tailed read noise takes a
    swept read_noise_e by its scale, so that its standard deviation changes in proportion.

    Raises UsageError for a name that is no number of a profile, ProfileError for its value.
    """
    numbers = [f.name for f in fields(SensorProfile) if f.type in (float, float | None)]
    if name == "full_well_e":
        return _other_well(profile, float(value))
    if name in numbers:
        return profile.with_fields(**{name: float(value)})
    if name not in OF_READINGS:
        known = ", ".join([*numbers, *OF_READINGS])
        raise UsageError(f"--sweep changes a number of a camera, not {name}; it takes {known}")
    return replace(profile, readings=tuple(_changed(r, name, value) for r in profile.readings))


def _other_well(profile: SensorProfile, well: float) -> SensorProfile:
    if profile.full_well_e is None:
        raise ProfileError(
            f'the full well of "{profile.name}" is not known; sweep system_gain_dn_per_e'
        )
    changed = profile.with_fields(full_well_e=well)
    scale = profile.full_well_e / well
    readings = (
        replace(r, system_gain_dn_per_e=r.system_gain_dn_per_e * scale) for r in profile.readings
    )
    return replace(changed, readings=tuple(readings))


def _changed(reading: Reading, name: str, value: float) -> Reading:
    changes: dict[str, Any] = {name: float(value)}
    if name == "read_noise_e" and reading.tukey_lambda_scale_e is not None:
        if not reading.read_noise_e > 0:
            raise ProfileError(
                f"read_noise_e at ISO {reading.iso:g} is 0, so its heavy tails have no proportion "
                "to it; sweep tukey_lambda_scale_e"
            )
        changes["tukey_lambda_scale_e"] = (
            reading.tukey_lambda_scale_e * float(value) / reading.read_noise_e
        )
    return replace(reading, **changes)


def _sheet(
    label: str, profile: SensorProfile, iso: float, exposure_time_s: float, illuminant: str
) -> CameraSheet:
    figures = sensor_figures(profile, iso, exposure_time_s, illuminant)
    full = figures.saturation_capacity_e
    decades = [10.0**n for n in range(math.ceil(math.log10(full)))]
    start = min(figures.absolute_sensitivity_e / 4, full / 10)
    curve = np.geomspace(start, full, CURVE_POINTS)
    return CameraSheet(
        label=label,
        profile=profile,
        illuminant=illuminant,
        figures=figures,
        table=noise_budget(profile, iso, [*decades, full], exposure_time_s),
        curve=noise_budget(profile, iso, curve.tolist(), exposure_time_s),
    )


def record(sheets: Sequence[CameraSheet]) -> list[dict[str, Any]]:
    """The sheets as plain JSON values; variances in e-^2, shares 0..1, None for unreachable."""
    return [
        {
            "label": sheet.label,
            "camera": sheet.profile.name,
            "illuminant": sheet.illuminant,
            "assumed": list(sheet.profile.assumed),
            "figures": asdict(sheet.figures),
            "levels_e": sheet.table.electrons.tolist(),
            "snr": sheet.table.snr.tolist(),
            "total_snr": sheet.table.total_snr.tolist(),
            "temporal_variance_e2": {k: v.tolist() for k, v in sheet.table.temporal.items()},
            "spatial_variance_e2": {k: v.tolist() for k, v in sheet.table.spatial.items()},
            "share": {k: v.tolist() for k, v in sheet.table.shares.items()},
        }
        for sheet in sheets
    ]
