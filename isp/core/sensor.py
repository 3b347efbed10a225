"""A camera's numbers: SensorProfile, and its noise at an ISO."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.effect_limits import check_effects
from isp.core.errors import ProfileError
from isp.core.readings import Reading, SensorNoise, noise_at
from isp.core.spectral import SpectralSensitivity

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourMatrixEntry:
    """The camera's colours under one illuminant, row-major.

    xyz_to_camera: DNG's ColorMatrix as it stands.
    forward: DNG's ForwardMatrix as it stands, white-balanced camera RGB to XYZ under D50; None
        where the camera has none.
    calibration: DNG's AnalogBalance times CameraCalibration, what this one body's RGB is of its
        model's; None for the identity.
    """

    illuminant: str
    xyz_to_camera: tuple[tuple[float, ...], ...]
    forward: tuple[tuple[float, ...], ...] | None = None
    calibration: tuple[tuple[float, ...], ...] | None = None

    @property
    def calibrated(self) -> NDArray[np.float64]:
        """XYZ to the RGB of this body: the calibration times `xyz_to_camera`."""
        matrix = np.array(self.xyz_to_camera)
        return matrix if self.calibration is None else np.array(self.calibration) @ matrix


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
    spectral_sensitivity: quantum efficiency of every channel over wavelength, for scenes that
        are spectra; None when unknown. It does not change what an RGB scene gives.
    full_well_knee: share of the full well above which the response bends towards it; 1 is hard.
    full_well_spread_percent: standard deviation of the wells' capacities.
    blooming_fraction: share of the electrons above the full well that spill into the column.
    prnu_percent, dsnu_e: standard deviations of the fixed patterns; *_column_share: the share of
        that variance which all photosites of a column have in common.
    column_gain_percent, column_fpn_e, row_fpn_e: standard deviations of the fixed gain and offset
        of a column's amplifier, and of a row's offset.
    dark_current_e_per_s: mean at dark_current_temperature_c, doubling every
        doubling_temperature_k; dark_current_nonuniformity is its relative spread.
    hot_pixel_*: share of the photosites with more dark current, its median and the standard
        deviation of its natural logarithm. dead_pixel_fraction: share that answers to no light.
    rts_*: share of the photosites whose offset switches between 0 and rts_amplitude_e, the share
        of frames spent high, and the mean number of frames it then stays high.
    banding_frequency_cycles_per_row: of the readings' banding.
    optical_crosstalk, electrical_crosstalk: channel to 9 weights, row by row: where the light, or
        the charge, of a photosite of that colour ends; before, and after, the shot noise.
    shading: channel to the coefficients of r^2, r^4, ... added to 1, r = 1 at the corner.
    row_time_s: from the beginning of a row's exposure to that of the next.
    linearization_table_dn: DN of each stored code, rising; empty where codes are DN.
    read_out_order: `emva`, temporal read-out noise enters before the columns' amplifiers, or
        `eld`, after all gain.
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
    full_well_knee: float = 1.0
    full_well_spread_percent: float = 0.0
    blooming_fraction: float = 0.0
    quantum_efficiency: float | None = None
    spectral_sensitivity: SpectralSensitivity | None = None
    colour_matrices: tuple[ColourMatrixEntry, ...] = ()
    pixel_pitch_um: float | None = None
    fill_factor: float = 1.0
    prnu_percent: float = 0.0
    prnu_column_share: float = 0.0
    dsnu_e: float = 0.0
    dsnu_column_share: float = 0.0
    column_gain_percent: float = 0.0
    column_fpn_e: float = 0.0
    row_fpn_e: float = 0.0
    dark_current_e_per_s: float = 0.0
    dark_current_temperature_c: float = 20.0
    doubling_temperature_k: float = 7.0
    temperature_c: float = 20.0
    dark_current_nonuniformity: float = 0.0
    hot_pixel_fraction: float = 0.0
    hot_pixel_dark_current_e_per_s: float = 100.0
    hot_pixel_log_spread: float = 1.0
    dead_pixel_fraction: float = 0.0
    rts_fraction: float = 0.0
    rts_amplitude_e: float = 0.0
    rts_occupancy: float = 0.5
    rts_dwell_frames: float = 8.0
    banding_frequency_cycles_per_row: float = 0.01
    optical_crosstalk: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    electrical_crosstalk: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    shading: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    row_time_s: float = 0.0
    linearization_table_dn: tuple[int, ...] = ()
    read_out_order: str = "emva"
    defects: tuple[Defect, ...] = ()
    width: int | None = None
    height: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what every user of a profile relies on."""
        for name in ("optical_crosstalk", "electrical_crosstalk", "shading", "sources", "extra"):
            # A copy: who keeps the mapping that was passed in could change a frozen profile.
            object.__setattr__(self, name, dict(getattr(self, name)))
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
        if self.spectral_sensitivity is not None:
            self.spectral_sensitivity.need(self.cfa.channels)
        check_effects(self)

    @property
    def black_sites(self) -> Float[Tensor, "1 s"]:
        """Black level per CFA site as a tensor, DN."""
        return torch.tensor([self.black_level_dn], dtype=torch.float32)

    @property
    def xyz_to_camera(self) -> dict[str, NDArray[np.float64]]:
        """Illuminant to XYZ-to-camera matrix."""
        return {m.illuminant: np.array(m.xyz_to_camera) for m in self.colour_matrices}

    @property
    def forward_matrices(self) -> dict[str, NDArray[np.float64]]:
        """Illuminant to forward matrix, of the illuminants that have one."""
        return {m.illuminant: np.array(m.forward) for m in self.colour_matrices if m.forward}

    @property
    def calibrations(self) -> dict[str, NDArray[np.float64]]:
        """Illuminant to calibration; empty where the body is its model."""
        if all(m.calibration is None for m in self.colour_matrices):
            return {}
        return {
            m.illuminant: np.eye(3) if m.calibration is None else np.array(m.calibration)
            for m in self.colour_matrices
        }

    def at_iso(self, iso: Float[Tensor, "b"]) -> SensorNoise:
        """Gain and noise at each image's ISO; see `isp.core.readings.noise_at`.

        Raises ProfileError for an ISO outside the readings.
        """
        sites = self.cfa.period[0] * self.cfa.period[1]
        return noise_at(self.readings, iso, sites, self.name)

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
