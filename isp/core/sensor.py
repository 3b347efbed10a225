"""A camera's numbers: SensorProfile, and its noise at an ISO."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Gain and noise at one ISO; `branch` counts conversion gains (0 low, 1 high)."""

    iso: float
    system_gain_dn_per_e: float
    read_noise_e: float = 0.0
    row_noise_e: float = 0.0
    tukey_lambda_shape: float | None = None
    tukey_lambda_scale_e: float | None = None
    branch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourMatrixEntry:
    """XYZ to camera RGB under one illuminant (DNG's ColorMatrix as it stands, row-major)."""

    illuminant: str
    xyz_to_camera: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A photosite that is not to be believed."""

    row: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorProfile:
    """One sensor model. Frozen; made by calibration or read from JSON, used by everyone.

    black_level_dn: one value per site of the CFA period, row-major.
    white_level_dn: DN of saturation at the ADC.
    readings: gain and noise per ISO, at least one, rising ISO within a branch.
    full_well_e: electrons a pixel holds; None when unknown.
    quantum_efficiency: electrons per photon within 400-700 nm for the green (or only) channel,
        its filter included (CONVENTIONS' eta-bar).
    prnu_percent, dsnu_e: standard deviations of the fixed patterns.
    dark_current_e_per_s: mean at dark_current_temperature_c, doubling every
        doubling_temperature_k; dark_current_nonuniformity is its relative spread.
    defects: listed photosites, absolute sensor coordinates.
    sources: where each number comes from; assumed: names of fields nobody measured.
    extra: keys of the JSON that this version does not know, kept as they were.
    """

    name: str
    cfa: Cfa
    bit_depth: int
    black_level_dn: tuple[float, ...]
    white_level_dn: float
    readings: tuple[Reading, ...]
    full_well_e: float | None = None
    quantum_efficiency: float | None = None
    colour_matrices: tuple[ColourMatrixEntry, ...] = ()
    pixel_pitch_um: float | None = None
    fill_factor: float = 1.0
    prnu_percent: float = 0.0
    dsnu_e: float = 0.0
    dark_current_e_per_s: float = 0.0
    dark_current_temperature_c: float = 20.0
    doubling_temperature_k: float = 7.0
    temperature_c: float = 20.0
    defects: tuple[Defect, ...] = ()
    width: int | None = None
    height: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what every user of a profile relies on."""
        sites = self.cfa.period[0] * self.cfa.period[1]
        if len(self.black_level_dn) != sites:
            raise ProfileError(
                f'{sites} black levels are needed for {self.cfa.name} (sensor "{self.name}"), '
                f"but {len(self.black_level_dn)} came"
            )
        if not 1 <= self.bit_depth <= 32:
            raise ProfileError(f'bit_depth {self.bit_depth} is not in 1..32 (sensor "{self.name}")')
        if max(self.black_level_dn) >= self.white_level_dn:
            raise ProfileError(
                f"black_level_dn {max(self.black_level_dn):g} is not below white_level_dn "
                f'{self.white_level_dn:g} (sensor "{self.name}")'
            )
        if self.white_level_dn > 2**self.bit_depth - 1:
            raise ProfileError(
                f"white_level_dn {self.white_level_dn:g} does not fit {self.bit_depth} bits "
                f'(sensor "{self.name}")'
            )
        for reading in self.readings:
            if not reading.system_gain_dn_per_e > 0 or not reading.iso > 0:
                raise ProfileError(f'gain and ISO must be positive (sensor "{self.name}")')
        if not 0 < self.fill_factor <= 1:
            raise ProfileError(
                f'fill_factor {self.fill_factor} is not in 0..1 (sensor "{self.name}")'
            )
        for name in (
            "full_well_e", "quantum_efficiency", "pixel_pitch_um", "doubling_temperature_k",
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ProfileError(f'{name} must be positive, got {value} (sensor "{self.name}")')
        if self.quantum_efficiency is not None and self.quantum_efficiency > 1:
            raise ProfileError(
                f'quantum_efficiency {self.quantum_efficiency} is above 1 (sensor "{self.name}")'
            )
        if self.full_well_e is not None and self.full_well_e < 1:
            raise ProfileError(
                f'full_well_e {self.full_well_e} is below one electron (sensor "{self.name}")'
            )
        for name in ("prnu_percent", "dsnu_e", "dark_current_e_per_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ProfileError(f'{name} must be >= 0, got {value} (sensor "{self.name}")')

    @property
    def black_sites(self) -> Float[Tensor, "1 s"]:
        """Black level per CFA site as a tensor, DN."""
        return torch.tensor([self.black_level_dn], dtype=torch.float32)

    def at_iso(self, iso: Float[Tensor, "b"]) -> "SensorNoise":
        """Gain and noise at each image's ISO.

        Between two readings of a branch everything positive is interpolated in log-log; gain is
        then proportional to ISO wherever the readings are. Dual-gain sensors change branch at
        the first reading of the higher one.

        Raises ProfileError for an ISO outside the readings.
        """
        rows = [self._at(float(value)) for value in iso.tolist()]

        def column(name: str) -> Tensor:
            return torch.tensor([getattr(r, name) for r in rows], device=iso.device)

        return SensorNoise(
            system_gain_dn_per_e=column("system_gain_dn_per_e").float(),
            read_noise_e=column("read_noise_e").float(),
            row_noise_e=column("row_noise_e").float(),
        )

    def _at(self, iso: float) -> Reading:
        if not self.readings:
            raise ProfileError(f'sensor "{self.name}" has no readings of gain and noise')
        low, high = min(r.iso for r in self.readings), max(r.iso for r in self.readings)
        if not low * (1 - 1e-6) <= iso <= high * (1 + 1e-6):
            raise ProfileError(f'ISO {iso:g} is outside {low:g}..{high:g} of sensor "{self.name}"')
        branch = max(r.branch for r in self.readings if r.iso <= iso * (1 + 1e-6))
        points = sorted((r for r in self.readings if r.branch == branch), key=lambda r: r.iso)
        above = next((r for r in points if r.iso >= iso * (1 - 1e-6)), points[-1])
        below = next((r for r in reversed(points) if r.iso <= iso * (1 + 1e-6)), points[0])
        if above.iso == below.iso:
            # Above the last reading of a lower branch the gain goes on in proportion to ISO.
            gain = below.system_gain_dn_per_e * iso / below.iso
            return replace(below, iso=iso, system_gain_dn_per_e=gain) if above is below else above
        weight = math.log(iso / below.iso) / math.log(above.iso / below.iso)
        return Reading(
            iso=iso,
            system_gain_dn_per_e=_between(below, above, "system_gain_dn_per_e", weight),
            read_noise_e=_between(below, above, "read_noise_e", weight),
            row_noise_e=_between(below, above, "row_noise_e", weight),
            branch=branch,
        )

    def with_fields(self, **changes: Any) -> "SensorProfile":
        """Return a copy with fields replaced.

        Raises ProfileError for a name that is not a field.
        """
        known = {f.name for f in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise ProfileError(
                f"a sensor profile has no field {', '.join(unknown)}; "
                f"fields: {', '.join(sorted(known))}"
            )
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensorNoise:
    """Gain and noise of each image of a batch, (b,)."""

    system_gain_dn_per_e: Float[Tensor, "b"]
    read_noise_e: Float[Tensor, "b"]
    row_noise_e: Float[Tensor, "b"]


def _between(below: Reading, above: Reading, name: str, weight: float) -> float:
    a, b = getattr(below, name), getattr(above, name)
    if a > 0 and b > 0:
        return float(math.exp((1 - weight) * math.log(a) + weight * math.log(b)))
    return float((1 - weight) * a + weight * b)
