"""What a user's profile file must look like, as a pydantic model with messages that name fields."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Positive = Field(gt=0, allow_inf_nan=False)
NotNegative = Field(default=0.0, ge=0, allow_inf_nan=False)
Share = Field(default=0.0, ge=0, le=1)


class ReadingModel(BaseModel):
    """Gain and noise at one ISO."""

    model_config = ConfigDict(extra="forbid")

    iso: float = Positive
    system_gain_dn_per_e: float = Positive
    read_noise_e: float = NotNegative
    row_noise_e: float = NotNegative
    column_noise_e: float = NotNegative
    banding_amplitude_e: float = NotNegative
    colour_bias_dn: list[float] = []
    channel_noise: list[tuple[str, float, float]] = []
    tukey_lambda_shape: float | None = None
    tukey_lambda_scale_e: float | None = None
    branch: int = 0


class MatrixModel(BaseModel):
    """A colour matrix: three rows for colour, one for a monochrome sensor."""

    model_config = ConfigDict(extra="forbid")

    illuminant: str
    xyz_to_camera: list[tuple[float, float, float]] = Field(min_length=1, max_length=4)
    forward: list[tuple[float, float, float]] | None = Field(
        default=None, min_length=3, max_length=3
    )
    calibration: list[tuple[float, float, float]] | None = Field(
        default=None, min_length=3, max_length=3
    )


class SensitivityModel(BaseModel):
    """Quantum efficiency (electrons per photon) of each channel over wavelength."""

    model_config = ConfigDict(extra="forbid")

    wavelengths_nm: list[float] = Field(min_length=2)
    quantum_efficiency: dict[str, list[float]] = Field(min_length=1)


class DefectModel(BaseModel):
    """A photosite that is not to be believed."""

    model_config = ConfigDict(extra="forbid")

    row: int = Field(ge=0)
    column: int = Field(ge=0)


class ProfileModel(BaseModel):
    """A sensor profile; unknown keys are allowed at the top."""

    model_config = ConfigDict(extra="allow")

    format_version: int
    name: str = Field(min_length=1)
    cfa: str | list[str]
    bit_depth: int = Field(ge=1, le=32)
    black_level_dn: list[float] = Field(min_length=1)
    white_level_dn: float = Positive
    readings: list[ReadingModel]
    full_well_e: float | None = Field(default=None, gt=0)
    quantum_efficiency: float | None = Field(default=None, gt=0, le=1)
    spectral_sensitivity: SensitivityModel | None = None
    colour_matrices: list[MatrixModel] = []
    pixel_pitch_um: float | None = Field(default=None, gt=0)
    fill_factor: float = Field(default=1.0, gt=0, le=1)
    full_well_knee: float = Field(default=1.0, gt=0, le=1)
    full_well_spread_percent: float = NotNegative
    blooming_fraction: float = Share
    prnu_percent: float = NotNegative
    prnu_column_share: float = Share
    dsnu_e: float = NotNegative
    dsnu_column_share: float = Share
    column_gain_percent: float = NotNegative
    column_fpn_e: float = NotNegative
    row_fpn_e: float = NotNegative
    dark_current_nonuniformity: float = NotNegative
    hot_pixel_fraction: float = Share
    hot_pixel_dark_current_e_per_s: float = NotNegative
    hot_pixel_log_spread: float = NotNegative
    dead_pixel_fraction: float = Share
    rts_fraction: float = Share
    rts_amplitude_e: float = NotNegative
    rts_occupancy: float = Share
    rts_dwell_frames: float = Field(default=8.0, ge=1, allow_inf_nan=False)
    banding_frequency_cycles_per_row: float = Field(default=0.01, gt=0, le=0.5)
    optical_crosstalk: dict[str, list[float]] = {}
    electrical_crosstalk: dict[str, list[float]] = {}
    shading: dict[str, list[float]] = {}
    row_time_s: float = NotNegative
    linearization_table_dn: list[int] = []
    read_out_order: Literal["emva", "eld"] = "emva"
    dark_current_e_per_s: float = NotNegative
    dark_current_temperature_c: float = 20.0
    doubling_temperature_k: float = Field(default=7.0, gt=0)
    temperature_c: float = 20.0
    defects: list[DefectModel] = []
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    sources: dict[str, str] = {}
    assumed: list[str] = []


def first_trouble(values: dict[str, Any]) -> str | None:
    """Return what is wrong with the first bad field, naming it; None for a sound profile.

    >>> first_trouble({"format_version": 1})
    'name: Field required (and 5 more)'
    """
    try:
        ProfileModel.model_validate(values)
    except ValidationError as error:
        troubles = error.errors()
        place = ".".join(str(part) for part in troubles[0]["loc"])
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        return f"{place}: {troubles[0]['msg']}{more}"
    return None
